/* Classes, codes and texts that the program adds. */
#include "../lib/story.h"

int main(int argc, char **argv)
{
    int class, code, in_class, twin, length, flag, *last, got;
    char text[MPI_MAX_ERROR_STRING];

    begin(&argc, &argv);
    MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_LASTUSEDCODE, &last, &flag);
    say("last used code: there %d, at least the last predefined %d", !!flag, flag && *last >= MPI_ERR_LASTCODE);
    MPI_Add_error_class(&class);
    MPI_Add_error_code(class, &code);
    MPI_Add_error_code(MPI_ERR_ARG, &in_class);
    MPI_Add_error_code(class, &twin);
    must(class > MPI_ERR_LASTCODE && code > MPI_ERR_LASTCODE && twin != code);
    MPI_Add_error_string(class, "the class of the story");
    MPI_Add_error_string(code, "the code of the story");
    MPI_Error_string(class, text, &length);
    say("class: %s (%d)", text, length);
    MPI_Error_string(code, text, &length);
    say("code: %s (%d)", text, length);
    MPI_Error_string(twin, text, &length);
    say("without a text: %d characters", length);
    MPI_Error_class(code, &got);
    say("code belongs to its class: %d", got == class);
    MPI_Error_class(in_class, &got);
    say("code in a predefined class: %s", class_name(in_class));
    MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_LASTUSEDCODE, &last, &flag);
    say("last used code covers ours: %d", *last >= class);
    return end();
}
