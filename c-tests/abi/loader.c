/* A program that knows nothing of MPI but loads a plugin that does. */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv) {
    void *plugin = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_LOCAL) : NULL;
    void (*run)(void);
    if (!plugin) {
        fprintf(stderr, "%s\n", dlerror());
        return 1;
    }
    run = (void (*)(void))dlsym(plugin, "run");
    run();
    return 0;
}
