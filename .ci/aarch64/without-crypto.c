/* A processor without the cryptographic extensions, as programs find out about it on Linux:
 * preloaded, this hides them from getauxval(3). Nothing stops a program that does not ask;
 * `instructions` looks for what was executed all the same. */
#define _GNU_SOURCE
#include <asm/hwcap.h>
#include <dlfcn.h>
#include <sys/auxv.h>

unsigned long getauxval(unsigned long type) {
    static unsigned long (*from_the_kernel)(unsigned long);
    if (from_the_kernel == 0) {
        from_the_kernel = (unsigned long (*)(unsigned long))dlsym(RTLD_NEXT, "getauxval");
    }
    unsigned long value = from_the_kernel(type);
    if (type == AT_HWCAP) {
        value &= ~(HWCAP_AES | HWCAP_PMULL | HWCAP_SHA1 | HWCAP_SHA2 | HWCAP_SHA3 | HWCAP_SHA512);
    }
    return value;
}
