/*
 * usrsctp as a peer, its packets as UDP datagrams of loopback: it sends every message back on the stream it came on.
 *
 *   main connect|accept <port> <interleaving 0|1> <unordered|ordered> <policy none|ttl|rtx> <value> [<percent of its packets that are lost>]
 *
 * The last three say how messages are sent back. Standard input: "reset <stream>", "add <streams>", "shutdown", "abort".
 * Standard output, a line each: "up interleaving=<0|1> in=<n> out=<n>", "reset-in <stream>", "reset-out <stream>",
 * "down", "lost", "message <stream> <ppid> <bytes> <complete>".
 */
#include "udp.h"
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <usrsctp.h>

#ifndef SCTP_INTERLEAVING_SUPPORTED
#define SCTP_INTERLEAVING_SUPPORTED 0x00001206 /* RFC 8260, 4.3.1; as FreeBSD numbers it */
#endif

struct message {
    struct message *next;
    uint16_t stream;
    uint32_t ppid;
    size_t length;
    char data[];
};

struct part {
    struct part *next;
    uint16_t stream;
    int unordered;
    size_t length;
    char *data;
};

static int s_fd;
static int s_loss;
static struct socket *s_association;
static struct part *s_parts;
static struct message *s_first, **s_end = &s_first;
static pthread_mutex_t s_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t s_arrived = PTHREAD_COND_INITIALIZER;
static int s_flags;
static struct sctp_prinfo s_reliability;

static void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    flockfile(stdout);
    vprintf(format, arguments);
    putchar('\n');
    fflush(stdout);
    funlockfile(stdout);
    va_end(arguments);
}

static int send_packet(void *address, void *packet, size_t length, uint8_t tos, uint8_t df)
{
    (void)address, (void)tos, (void)df;
    if (s_loss == 0 || rand() % 100 >= s_loss) (void)!send(s_fd, packet, length, 0);
    return 0;
}

static void *receive_packets(void *unused)
{
    static char packet[65536];
    (void)unused;
    for (;;) {
        ssize_t length = recv(s_fd, packet, sizeof packet, 0);
        if (length > 0) usrsctp_conninput(&s_fd, packet, length, 0);
    }
    return NULL;
}

static void notified(const union sctp_notification *what)
{
    if (what->sn_header.sn_type == SCTP_ASSOC_CHANGE) {
        const struct sctp_assoc_change *change = &what->sn_assoc_change;
        int interleaves = 0;
        size_t count = change->sac_length - sizeof *change;
        for (size_t i = 0; i < count; i++) interleaves |= change->sac_info[i] == SCTP_ASSOC_SUPPORTS_INTERLEAVING;
        if (change->sac_state == SCTP_COMM_UP)
            say("up interleaving=%d in=%d out=%d", interleaves, change->sac_inbound_streams, change->sac_outbound_streams);
        else say(change->sac_state == SCTP_SHUTDOWN_COMP ? "down" : "lost");
    }
    if (what->sn_header.sn_type == SCTP_STREAM_RESET_EVENT) {
        const struct sctp_stream_reset_event *reset = &what->sn_strreset_event;
        size_t count = (reset->strreset_length - sizeof *reset) / sizeof(uint16_t);
        const char *failed = reset->strreset_flags & (SCTP_STREAM_RESET_DENIED | SCTP_STREAM_RESET_FAILED) ? "-failed" : "";
        for (size_t i = 0; i < count; i++)
            say("reset-%s%s %d", reset->strreset_flags & SCTP_STREAM_RESET_INCOMING_SSN ? "in" : "out", failed, reset->strreset_stream_list[i]);
    }
}

/* Pieces of a message come as they arrive, those of other streams in between. */
static int received(struct socket *socket, union sctp_sockstore from, void *data, size_t length, struct sctp_rcvinfo info, int flags, void *unused)
{
    (void)socket, (void)from, (void)unused;
    if (data == NULL) return 1;
    if (flags & MSG_NOTIFICATION) {
        notified(data);
        free(data);
        return 1;
    }
    int unordered = (info.rcv_flags & SCTP_UNORDERED) != 0;
    struct part **place = &s_parts;
    while (*place != NULL && ((*place)->stream != info.rcv_sid || (*place)->unordered != unordered)) place = &(*place)->next;
    if (*place == NULL) {
        *place = calloc(1, sizeof **place);
        (*place)->stream = info.rcv_sid;
        (*place)->unordered = unordered;
    }
    struct part *part = *place;
    part->data = realloc(part->data, part->length + length);
    memcpy(part->data + part->length, data, length);
    part->length += length;
    free(data);
    if (!(flags & MSG_EOR)) return 1;
    struct message *message = malloc(sizeof *message + part->length);
    message->next = NULL;
    message->stream = info.rcv_sid;
    message->ppid = info.rcv_ppid;
    message->length = part->length;
    memcpy(message->data, part->data, part->length);
    free(part->data);
    *place = part->next;
    free(part);
    pthread_mutex_lock(&s_lock);
    *s_end = message;
    s_end = &message->next;
    pthread_cond_signal(&s_arrived);
    pthread_mutex_unlock(&s_lock);
    return 1;
}

/* A socket that blocks says EAGAIN all the same at times, for a large message after it took a part: so pieces, the last of them marked. */
static int send_whole(const struct message *message, struct sctp_sendv_spa *how)
{
    for (size_t at = 0; at < message->length;) {
        size_t left = message->length - at, piece = left < 16384 ? left : 16384;
        how->sendv_sndinfo.snd_flags = s_flags | (piece == left ? SCTP_EOR : 0);
        ssize_t sent = usrsctp_sendv(s_association, message->data + at, piece, NULL, 0, how, sizeof *how, SCTP_SENDV_SPA, 0);
        if (sent > 0) at += sent;
        else if (sent < 0 && errno != EAGAIN) return 0;
        else usleep(1000);
    }
    return 1;
}

static void *send_back(void *unused)
{
    (void)unused;
    for (;;) {
        pthread_mutex_lock(&s_lock);
        while (s_first == NULL) pthread_cond_wait(&s_arrived, &s_lock);
        struct message *message = s_first;
        s_first = message->next;
        if (s_first == NULL) s_end = &s_first;
        pthread_mutex_unlock(&s_lock);
        struct sctp_sendv_spa how;
        memset(&how, 0, sizeof how);
        how.sendv_flags = SCTP_SEND_SNDINFO_VALID | SCTP_SEND_PRINFO_VALID;
        how.sendv_sndinfo.snd_sid = message->stream;
        how.sendv_sndinfo.snd_ppid = message->ppid;
        how.sendv_prinfo = s_reliability;
        say("message %d %u %zu %d", message->stream, ntohl(message->ppid), message->length, send_whole(message, &how));
        free(message);
    }
    return NULL;
}

static void set(struct socket *socket, int level, int option, const void *value, socklen_t length, const char *name)
{
    if (usrsctp_setsockopt(socket, level, option, value, length) != 0) say("cannot set %s", name);
}

static void prepare(struct socket *socket, int interleaving)
{
    int on = 1, all = 2, buffer = 32 << 20;
    /* Larger than any message: usrsctp 0.9.5 loses the end of a message that it delivers in parts, where packets of it came again. */
    uint32_t whole = 8 << 20;
    struct sctp_assoc_value value;
    struct sctp_initmsg init;
    uint16_t events[] = { SCTP_ASSOC_CHANGE, SCTP_STREAM_RESET_EVENT };
    set(socket, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer, "SO_SNDBUF");
    set(socket, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer, "SO_RCVBUF");
    set(socket, IPPROTO_SCTP, SCTP_EXPLICIT_EOR, &on, sizeof on, "SCTP_EXPLICIT_EOR");
    set(socket, IPPROTO_SCTP, SCTP_PARTIAL_DELIVERY_POINT, &whole, sizeof whole, "SCTP_PARTIAL_DELIVERY_POINT");
    set(socket, IPPROTO_SCTP, SCTP_NODELAY, &on, sizeof on, "SCTP_NODELAY");
    set(socket, IPPROTO_SCTP, SCTP_FRAGMENT_INTERLEAVE, &all, sizeof all, "SCTP_FRAGMENT_INTERLEAVE");
    memset(&value, 0, sizeof value);
    value.assoc_id = SCTP_FUTURE_ASSOC;
    value.assoc_value = interleaving;
    set(socket, IPPROTO_SCTP, SCTP_INTERLEAVING_SUPPORTED, &value, sizeof value, "SCTP_INTERLEAVING_SUPPORTED");
    value.assoc_value = SCTP_ENABLE_RESET_STREAM_REQ | SCTP_ENABLE_CHANGE_ASSOC_REQ;
    set(socket, IPPROTO_SCTP, SCTP_ENABLE_STREAM_RESET, &value, sizeof value, "SCTP_ENABLE_STREAM_RESET");
    memset(&init, 0, sizeof init);
    init.sinit_num_ostreams = 300;
    init.sinit_max_instreams = 400;
    set(socket, IPPROTO_SCTP, SCTP_INITMSG, &init, sizeof init, "SCTP_INITMSG");
    for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
        struct sctp_event event;
        memset(&event, 0, sizeof event);
        event.se_assoc_id = SCTP_ALL_ASSOC;
        event.se_type = events[i];
        event.se_on = 1;
        set(socket, IPPROTO_SCTP, SCTP_EVENT, &event, sizeof event, "SCTP_EVENT");
    }
}

static void reset_stream(int stream)
{
    char space[sizeof(struct sctp_reset_streams) + sizeof(uint16_t)];
    struct sctp_reset_streams *reset = (struct sctp_reset_streams *)space;
    memset(space, 0, sizeof space);
    reset->srs_flags = SCTP_STREAM_RESET_OUTGOING;
    reset->srs_number_streams = 1;
    reset->srs_stream_list[0] = stream;
    set(s_association, IPPROTO_SCTP, SCTP_RESET_STREAMS, reset, sizeof space, "SCTP_RESET_STREAMS");
}

static void add_streams(int count)
{
    struct sctp_add_streams add;
    memset(&add, 0, sizeof add);
    add.sas_outstrms = count;
    set(s_association, IPPROTO_SCTP, SCTP_ADD_STREAMS, &add, sizeof add, "SCTP_ADD_STREAMS");
}

int main(int count, char **arguments)
{
    if (count < 7) die("arguments", count);
    int accepts = strcmp(arguments[1], "accept") == 0, interleaving = atoi(arguments[3]);
    struct sockaddr_in peer;
    struct sockaddr_conn address;
    pthread_t thread;
    char line[100];
    s_flags = strcmp(arguments[4], "unordered") == 0 ? SCTP_UNORDERED : 0;
    s_reliability.pr_policy = strcmp(arguments[5], "ttl") == 0 ? SCTP_PR_SCTP_TTL : strcmp(arguments[5], "rtx") == 0 ? SCTP_PR_SCTP_RTX : SCTP_PR_SCTP_NONE;
    s_reliability.pr_value = atoi(arguments[6]);
    s_loss = count > 7 ? atoi(arguments[7]) : 0;
    usrsctp_init(0, send_packet, NULL);
    usrsctp_sysctl_set_sctp_ecn_enable(0);
    usrsctp_sysctl_set_sctp_rto_initial_default(200); /* loopback: its usual second is for the Internet */
    usrsctp_sysctl_set_sctp_rto_min_default(50);
    usrsctp_sysctl_set_sctp_rto_max_default(1000);
    usrsctp_register_address(&s_fd);
    struct socket *socket = usrsctp_socket(AF_CONN, SOCK_STREAM, IPPROTO_SCTP, received, NULL, 0, NULL);
    if (socket == NULL) die("usrsctp_socket", 0);
    prepare(socket, interleaving);
    memset(&address, 0, sizeof address);
    address.sconn_family = AF_CONN;
    address.sconn_port = htons(5000);
    address.sconn_addr = &s_fd;
    if (usrsctp_bind(socket, (struct sockaddr *)&address, sizeof address) != 0) die("usrsctp_bind", 0);
    if (accepts && usrsctp_listen(socket, 1) != 0) die("usrsctp_listen", 0);
    s_fd = join(accepts, atoi(arguments[2]), &peer);
    pthread_create(&thread, NULL, receive_packets, NULL);
    if (accepts) s_association = usrsctp_accept(socket, NULL, NULL);
    else {
        s_association = socket;
        if (usrsctp_connect(socket, (struct sockaddr *)&address, sizeof address) != 0) die("usrsctp_connect", 0);
    }
    if (s_association == NULL) die("no association", 0);
    pthread_create(&thread, NULL, send_back, NULL);
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strncmp(line, "reset ", 6) == 0) reset_stream(atoi(line + 6));
        if (strncmp(line, "add ", 4) == 0) add_streams(atoi(line + 4));
        if (strncmp(line, "shutdown", 8) == 0) usrsctp_shutdown(s_association, SHUT_WR);
        if (strncmp(line, "abort", 5) == 0) {
            struct linger now = { 1, 0 };
            set(s_association, SOL_SOCKET, SO_LINGER, &now, sizeof now, "SO_LINGER");
            usrsctp_close(s_association);
        }
    }
    return 0;
}
