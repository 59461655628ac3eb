/* The program's own exit status is the job's. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    begin(&argc, &argv);
    say("rank %d leaves with 3", rank);
    end();
    return 3;
}
