/* Rank, size and the arguments reach every rank. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    begin(&argc, &argv);
    say("rank %d of %d, %d arguments", rank, size, argc - 1);
    return end();
}
