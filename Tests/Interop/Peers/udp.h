/* What the C peers share: a UDP socket of loopback, joined to one other endpoint. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void die(const char *what, int code)
{
    printf("%s: %d\n", what, code);
    fflush(stdout);
    exit(1);
}

/* A client is joined to the port; a server waits there for the first datagram, which stays unread, and is joined to its sender. */
static int join(int is_server, int port, struct sockaddr_in *peer)
{
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockaddr_in address;
    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *peer = address;
    if (is_server) {
        char first;
        socklen_t length = sizeof *peer;
        if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0) die("bind", 0);
        puts("listening");
        fflush(stdout);
        recvfrom(fd, &first, 1, MSG_PEEK, (struct sockaddr *)peer, &length);
    }
    if (connect(fd, (struct sockaddr *)peer, sizeof *peer) != 0) die("connect", 0);
    return fd;
}

__attribute__((unused))
static void print_connected(const unsigned char *keys, int length, const char *suite)
{
    printf("connected %s ", suite);
    for (int i = 0; i < length; i++) printf("%02X", keys[i]);
    putchar('\n');
    fflush(stdout);
}
