/* Wrong arguments of the datatype functions: refused, with the class both stock
 * libraries give, and the next right call works. */
#include "../lib/story.h"

#define tried(call) say("%s: %s", class_name(call), #call)

int main(int argc, char **argv)
{
    int ones[] = { 1, 1, 1 }, places[] = { 0, 1, 2 }, sizes[] = { 4, 4 }, halves[] = { 2, 2 };
    int grid[] = { 2, 2 }, blocks[] = { MPI_DISTRIBUTE_BLOCK, MPI_DISTRIBUTE_CYCLIC };
    int usual[] = { MPI_DISTRIBUTE_DFLT_DARG, 2 }, none[] = { 0, 2 }, small[] = { 1, 2 };
    int n, position, values[8] = { 0 };
    MPI_Aint bytes[] = { 0, 8, 16 }, lb, extent;
    MPI_Count wide, wider;
    MPI_Datatype ints[] = { MPI_INT, MPI_INT, MPI_INT }, hole[] = { MPI_INT, MPI_DATATYPE_NULL, MPI_INT };
    MPI_Datatype type, raw, null = MPI_DATATYPE_NULL;
    MPI_Status status;
    MPI_Comm comm = MPI_COMM_WORLD;
    char packed[64], name[MPI_MAX_OBJECT_NAME];

    begin(&argc, &argv);
    memset(&status, 0, sizeof status);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
    MPI_Type_contiguous(2, MPI_INT, &raw);

    tried(MPI_Type_contiguous(-1, MPI_INT, &type));
    tried(MPI_Type_contiguous(1, null, &type));
    tried(MPI_Type_vector(-1, 1, 1, MPI_INT, &type));
    tried(MPI_Type_vector(1, 1, 1, null, &type));
    tried(MPI_Type_create_hvector(-1, 1, 1, MPI_INT, &type));
    tried(MPI_Type_create_hvector(1, 1, 1, null, &type));
    tried(MPI_Type_indexed(-1, ones, places, MPI_INT, &type));
    tried(MPI_Type_indexed(3, NULL, places, MPI_INT, &type));
    tried(MPI_Type_indexed(3, ones, NULL, MPI_INT, &type));
    tried(MPI_Type_indexed(3, ones, places, null, &type));
    tried(MPI_Type_create_hindexed(-1, ones, bytes, MPI_INT, &type));
    tried(MPI_Type_create_hindexed(3, NULL, bytes, MPI_INT, &type));
    tried(MPI_Type_create_hindexed(3, ones, NULL, MPI_INT, &type));
    tried(MPI_Type_create_indexed_block(-1, 1, places, MPI_INT, &type));
    tried(MPI_Type_create_indexed_block(3, 1, NULL, MPI_INT, &type));
    tried(MPI_Type_create_hindexed_block(-1, 1, bytes, MPI_INT, &type));
    tried(MPI_Type_create_hindexed_block(3, 1, NULL, MPI_INT, &type));
    tried(MPI_Type_create_struct(-1, ones, bytes, ints, &type));
    tried(MPI_Type_create_struct(3, ones, bytes, hole, &type));
    tried(MPI_Type_create_struct(3, NULL, bytes, ints, &type));
    tried(MPI_Type_create_struct(3, ones, NULL, ints, &type));
    tried(MPI_Type_create_struct(3, ones, bytes, NULL, &type));
    tried(MPI_Type_create_resized(null, 0, 4, &type));
    tried(MPI_Type_create_subarray(2, sizes, halves, ones, 999, MPI_INT, &type));
    tried(MPI_Type_create_subarray(2, sizes, halves, ones, MPI_ORDER_C, null, &type));
    tried(MPI_Type_create_darray(4, 0, 2, sizes, blocks, none, grid, MPI_ORDER_C, MPI_INT, &type));
    tried(MPI_Type_create_darray(4, 0, 2, sizes, blocks, small, grid, MPI_ORDER_C, MPI_INT, &type));
    tried(MPI_Type_create_darray(4, 0, 2, sizes, blocks, usual, grid, 999, MPI_INT, &type));
    tried(MPI_Type_match_size(MPI_TYPECLASS_REAL, 3, &type));
    tried(MPI_Type_match_size(999, 4, &type));
    tried(MPI_Type_dup(null, &type));

    /* Nothing is too little for a type. */
    tried(MPI_Type_create_struct(0, NULL, NULL, NULL, &type));
    MPI_Type_size(type, &n);
    say("size of nothing: %d", n);
    MPI_Type_free(&type);
    tried(MPI_Type_indexed(0, NULL, NULL, MPI_INT, &type));
    MPI_Type_free(&type);

    tried(MPI_Type_size(null, &n));
    tried(MPI_Type_size(MPI_INT, NULL));
    tried(MPI_Type_size_x(MPI_INT, NULL));
    tried(MPI_Type_get_extent(null, &lb, &extent));
    tried(MPI_Type_get_extent(MPI_INT, NULL, &extent));
    tried(MPI_Type_get_extent(MPI_INT, &lb, NULL));
    tried(MPI_Type_get_extent_x(MPI_INT, NULL, &wide));
    tried(MPI_Type_get_true_extent(null, &lb, &extent));
    tried(MPI_Type_get_true_extent(MPI_INT, NULL, &extent));
    tried(MPI_Type_get_true_extent_x(null, &wide, &wider));
    type = MPI_DATATYPE_NULL;
    tried(MPI_Type_commit(&type));
    tried(MPI_Type_free(&type));
    type = MPI_INT;
    tried(MPI_Type_commit(&type));
    tried(MPI_Type_free(&type));
    type = MPI_FLOAT_INT;
    tried(MPI_Type_free(&type));
    tried(MPI_Type_get_envelope(null, &n, &n, &n, &n));
    tried(MPI_Type_get_envelope(MPI_INT, NULL, &n, &n, &n));
    tried(MPI_Type_get_envelope(MPI_INT, &n, &n, &n, NULL));
    tried(MPI_Type_get_contents(null, 0, 0, 0, NULL, NULL, NULL));
    tried(MPI_Type_get_contents(raw, 1, 0, 1, NULL, NULL, &type));
    tried(MPI_Type_get_contents(raw, 1, 0, 1, &n, NULL, NULL));
    tried(MPI_Type_set_name(null, "x"));
    tried(MPI_Type_set_name(raw, NULL));
    tried(MPI_Type_get_name(raw, NULL, &n));
    tried(MPI_Type_get_name(raw, name, NULL));
    tried(MPI_Get_address(&n, NULL));
    tried(MPI_Get_count(&status, null, &n));
    tried(MPI_Get_elements(&status, null, &n));
    tried(MPI_Get_elements(&status, raw, &n));
    tried(MPI_Get_elements_x(&status, null, &wide));
    tried(MPI_Status_set_elements(&status, null, 1));
    tried(MPI_Status_set_elements(&status, MPI_INT, -1));

    position = 0;
    tried(MPI_Pack(values, -1, MPI_INT, packed, 64, &position, comm));
    tried(MPI_Pack(values, 1, null, packed, 64, &position, comm));
    tried(MPI_Pack(values, 1, raw, packed, 64, &position, comm));
    tried(MPI_Pack(values, 1, MPI_INT, packed, -4, &position, comm));
    tried(MPI_Pack(values, 1, MPI_INT, packed, 64, NULL, comm));
    tried(MPI_Pack(values, 1, MPI_INT, packed, 64, &position, MPI_COMM_NULL));
    tried(MPI_Unpack(packed, 64, &position, values, -1, MPI_INT, comm));
    tried(MPI_Unpack(packed, 64, &position, values, 1, raw, comm));
    tried(MPI_Unpack(packed, 64, NULL, values, 1, MPI_INT, comm));
    tried(MPI_Unpack(packed, 64, &position, values, 1, MPI_INT, MPI_COMM_NULL));
    tried(MPI_Pack_size(1, null, comm, &n));
    tried(MPI_Pack_size(1, MPI_INT, comm, NULL));
    tried(MPI_Pack_size(1, MPI_INT, MPI_COMM_NULL, &n));
    tried(MPI_Pack_external("external32", values, -1, MPI_INT, packed, 64, &lb));
    tried(MPI_Pack_external("external32", values, 1, null, packed, 64, &lb));
    lb = 0;
    tried(MPI_Unpack_external("external32", packed, 64, &lb, values, -1, MPI_INT));
    say("position is where it was: %d", position);
    MPI_Type_commit(&raw);
    tried(MPI_Pack(values, 1, raw, packed, 64, &position, comm));
    say("position: %d", position);
    MPI_Type_free(&raw);
    return end();
}
