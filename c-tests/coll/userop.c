/* Operations of the program: commutative or not, on derived types too.
 * The order of ranks counts for what does not commute (MPI-4.0, 6.9.1). */
#include "../lib/story.h"

struct matrix { int of[4]; };

/* Integers modulo a prime: associative exactly, and not commutative. */
static void multiply(void *in, void *inout, int *count, MPI_Datatype *type)
{
    struct matrix *left = in, *right = inout;
    int i;
    (void)type;
    for (i = 0; i < *count; i++) {
        int *a = left[i].of, *b = right[i].of;
        struct matrix c = { { (a[0] * b[0] + a[1] * b[2]) % 10007, (a[0] * b[1] + a[1] * b[3]) % 10007,
                              (a[2] * b[0] + a[3] * b[2]) % 10007, (a[2] * b[1] + a[3] * b[3]) % 10007 } };
        right[i] = c;
    }
}

static void plus_one(void *in, void *inout, int *count, MPI_Datatype *type)
{
    int i, bytes;
    MPI_Type_size(*type, &bytes);
    must(bytes == sizeof(int));
    for (i = 0; i < *count; i++)
        ((int *)inout)[i] += ((int *)in)[i];
}

/* Keeps the first and the last rank seen: tells the order of evaluation. */
static void ends(void *in, void *inout, int *count, MPI_Datatype *type)
{
    int *left = in, *right = inout, i;
    (void)type;
    for (i = 0; i < *count; i++) {
        must(left[2 * i + 1] + 1 == right[2 * i]);
        right[2 * i] = left[2 * i];
    }
}

int main(int argc, char **argv)
{
    enum { N = 3000 };
    static struct matrix in[N], out[N];
    static int pairs[2 * N], ended[2 * N], values[N], sums[N];
    MPI_Datatype matrix, pair;
    MPI_Op product, add, order;
    int commute, root, i, lengths[] = { 1, 10, N }, at;

    begin(&argc, &argv);
    MPI_Type_contiguous(4, MPI_INT, &matrix);
    MPI_Type_contiguous(2, MPI_INT, &pair);
    MPI_Type_commit(&matrix);
    MPI_Type_commit(&pair);
    MPI_Op_create(multiply, 0, &product);
    MPI_Op_create(plus_one, 1, &add);
    MPI_Op_create(ends, 0, &order);
    MPI_Op_commutative(product, &commute);
    say("product commutes: %d", !!commute);
    MPI_Op_commutative(add, &commute);
    say("addition commutes: %d", !!commute);
    MPI_Op_commutative(MPI_SUM, &commute);
    say("so does the predefined sum: %d", !!commute);
    for (i = 0; i < N; i++) {
        struct matrix m = { { rank + 1, i % 10, 3, rank * i % 17 } };
        in[i] = m;
        pairs[2 * i] = pairs[2 * i + 1] = rank;
        values[i] = rank * i;
    }
    for (at = 0; at < 3; at++) {
        for (root = 0; root < size; root++) {
            MPI_Reduce(in, out, lengths[at], matrix, product, root, MPI_COMM_WORLD);
            if (rank == root)
                say("product of %d at %d: %016llx", lengths[at], root,
                    (unsigned long long)checksum(out, lengths[at] * sizeof in[0]));
            MPI_Reduce(pairs, ended, lengths[at], pair, order, root, MPI_COMM_WORLD);
            if (rank == root)
                say("order: from %d to %d", ended[0], ended[1]);
        }
        MPI_Allreduce(in, out, lengths[at], matrix, product, MPI_COMM_WORLD);
        say("product for all: %016llx", (unsigned long long)checksum(out, lengths[at] * sizeof in[0]));
        MPI_Scan(in, out, lengths[at], matrix, product, MPI_COMM_WORLD);
        say("products so far: %016llx", (unsigned long long)checksum(out, lengths[at] * sizeof in[0]));
        MPI_Allreduce(values, sums, lengths[at], MPI_INT, add, MPI_COMM_WORLD);
        say("sum: %016llx", (unsigned long long)checksum(sums, lengths[at] * sizeof(int)));
    }
    MPI_Reduce_local(in, out, 10, matrix, product);
    say("here alone: %016llx", (unsigned long long)checksum(out, 10 * sizeof in[0]));
    MPI_Op_free(&product);
    MPI_Op_free(&add);
    MPI_Op_free(&order);
    say("freed: %d", product == MPI_OP_NULL);
    MPI_Type_free(&matrix);
    MPI_Type_free(&pair);
    return end();
}
