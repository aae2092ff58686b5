/* Older versions of Wine lack bcryptprimitives.dll. Rust and Go use only this function of it. */
#include <windows.h>

/* The documented name of this function of advapi32 is RtlGenRandom. */
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG size);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T size) {
    while (size > 0) {
        ULONG part = size < 65536 ? (ULONG)size : 65536;
        if (!SystemFunction036(buffer, part)) {
            return FALSE;
        }
        buffer += part;
        size -= part;
    }
    return TRUE;
}
