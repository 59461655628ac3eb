/* What a bare TCP connection does, for comparison: the PingPong and the Uniband of
 * `patterns`, without MPI and without encryption.
 *
 *     socket listen ADDRESS PORT
 *     socket [spin|block] ADDRESS PORT SECONDS BYTES[,BYTES...]
 *
 * The second form connects to the first and measures; both sides wait as it says:
 * `spin` asks a nonblocking socket again and again, `block` sleeps in the kernel.
 * Lines as of the other programs: half a round trip, and a window of 64 messages
 * until the other side's word. What comes back first is checked byte by byte. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { WINDOW = 64, TIMES_MAX = 20000, WARM_UP = 5, BYTES_MAX = 4 << 20 };

/* A measurement begins with what is to be done: `rounds` times `messages` of
 * `bytes`, and a reply of `reply` bytes to each round. */
struct task {
    uint32_t rounds, messages, bytes, reply;
};

static unsigned char buffer[BYTES_MAX];
static double times[TIMES_MAX];

static void give_up(const char *what)
{
    perror(what);
    exit(1);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

static void receive(int socket, void *into, size_t bytes)
{
    unsigned char *at = into;
    while (bytes > 0) {
        ssize_t got = recv(socket, at, bytes, 0);
        if (got == 0)
            exit(0);
        if (got < 0 && errno != EAGAIN && errno != EINTR)
            give_up("recv");
        if (got > 0) {
            at += got;
            bytes -= got;
        }
    }
}

/* As many bytes as the buffer has room for at a time: what lies in the kernel
 * comes in one call, however many messages it was. */
static void take(int socket, size_t bytes)
{
    while (bytes > 0) {
        size_t part = bytes < BYTES_MAX ? bytes : BYTES_MAX;
        receive(socket, buffer, part);
        bytes -= part;
    }
}

static void deliver(int socket, const void *from, size_t bytes)
{
    const unsigned char *at = from;
    while (bytes > 0) {
        ssize_t put = send(socket, at, bytes, MSG_NOSIGNAL);
        if (put < 0 && errno != EAGAIN && errno != EINTR)
            give_up("send");
        if (put > 0) {
            at += put;
            bytes -= put;
        }
    }
}

static void set_up(int socket, int spins)
{
    int one = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (spins && fcntl(socket, F_SETFL, O_NONBLOCK) != 0)
        give_up("fcntl");
}

static struct sockaddr_in place(const char *address, const char *port)
{
    struct sockaddr_in place = { 0 };
    place.sin_family = AF_INET;
    place.sin_port = htons((uint16_t)atoi(port));
    if (inet_pton(AF_INET, address, &place.sin_addr) != 1) {
        fprintf(stderr, "socket: %s is no address\n", address);
        exit(2);
    }
    return place;
}

/* Serves one caller after the other; how to wait is the caller's first byte. */
static void serve(const char *address, const char *port)
{
    struct sockaddr_in here = place(address, port);
    int one = 1, listener = socket(AF_INET, SOCK_STREAM, 0);

    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) != 0 || listen(listener, 8) != 0)
        give_up("listen");
    for (;;) {
        char spins;
        int caller = accept(listener, NULL, NULL);
        if (caller < 0)
            give_up("accept");
        if (fork() != 0) {
            close(caller);
            continue;
        }
        receive(caller, &spins, 1);
        set_up(caller, spins == 's');
        for (;;) {
            struct task task;
            receive(caller, &task, sizeof task);
            if (task.bytes > BYTES_MAX || task.reply > BYTES_MAX)
                exit(2);
            for (; task.rounds > 0; task.rounds--) {
                take(caller, (size_t)task.messages * task.bytes);
                deliver(caller, buffer, task.reply);
            }
        }
    }
}

static int ascending(const void *one, const void *other)
{
    double difference = *(const double *)one - *(const double *)other;
    return difference < 0 ? -1 : difference > 0;
}

/* `rounds` exchanges; into `times`, if it is wanted, the seconds of each. */
static void exchange(int socket, uint32_t rounds, uint32_t messages, uint32_t bytes,
                     uint32_t reply, double *into)
{
    struct task task = { rounds, messages, bytes, reply };
    uint32_t round, i;

    deliver(socket, &task, sizeof task);
    for (round = 0; round < rounds; round++) {
        double start = now();
        for (i = 0; i < messages; i++)
            deliver(socket, buffer, bytes);
        receive(socket, buffer, reply);
        if (into != NULL)
            into[round] = now() - start;
    }
}

static void measure(const char *name, int socket, uint32_t messages, uint32_t bytes,
                    uint32_t reply, double parts, double seconds)
{
    double start = now(), wanted;
    int count, i;

    exchange(socket, WARM_UP, messages, bytes, reply, NULL);
    wanted = seconds / ((now() - start) / WARM_UP);
    count = wanted < 3 ? 3 : wanted > TIMES_MAX ? TIMES_MAX : (int)wanted;
    exchange(socket, count, messages, bytes, reply, times);
    for (i = 0; i < count; i++)
        times[i] /= parts;
    qsort(times, count, sizeof *times, ascending);
    printf("%s/%u/2/min %.3f\n", name, bytes, times[0] * 1e6);
    printf("%s/%u/2/median %.3f\n", name, bytes, times[count / 2] * 1e6);
    printf("%s/%u/2/p99 %.3f\n", name, bytes, times[(count * 99L + 99) / 100 - 1] * 1e6);
    fflush(stdout);
}

/* What is sent comes back as it was. */
static void check(int socket, uint32_t bytes)
{
    uint32_t at;
    for (at = 0; at < bytes; at++)
        buffer[at] = (unsigned char)(at * 7 + (at >> 8));
    exchange(socket, 1, 1, bytes, bytes, NULL);
    for (at = 0; at < bytes; at++)
        if (buffer[at] != (unsigned char)(at * 7 + (at >> 8))) {
            fprintf(stderr, "socket: wrong data at byte %u of %u\n", at, bytes);
            exit(3);
        }
}

int main(int argc, char **argv)
{
    struct sockaddr_in there;
    char *sizes;
    int call;

    if (argc == 4 && strcmp(argv[1], "listen") == 0)
        serve(argv[2], argv[3]);
    if (argc != 6) {
        fprintf(stderr, "usage: socket listen ADDRESS PORT, "
                        "or socket spin|block ADDRESS PORT SECONDS BYTES[,BYTES...]\n");
        return 2;
    }
    there = place(argv[2], argv[3]);
    call = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(call, (struct sockaddr *)&there, sizeof there) != 0)
        give_up("connect");
    set_up(call, argv[1][0] == 's');
    deliver(call, argv[1], 1);
    for (sizes = argv[5]; *sizes != 0; sizes += *sizes == ',') {
        unsigned long bytes = strtoul(sizes, &sizes, 10);
        if (bytes > BYTES_MAX || (*sizes != ',' && *sizes != 0)) {
            fprintf(stderr, "socket: sizes are numbers up to %d with commas between\n", BYTES_MAX);
            return 2;
        }
        check(call, bytes);
        measure("PingPong", call, 1, bytes, bytes, 2, atof(argv[4]));
        measure("Uniband", call, WINDOW, bytes, 1, 1, atof(argv[4]));
    }
    printf("done\n");
    return 0;
}
