// fault_relay.c: one connection after the other, headers as a whole, bodies as they come.
#include "tests/support/fault_relay.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PIECE = 1 << 14, HEADER_LIMIT = 4 * PIECE };

struct connection {
    int client, server;
    struct relay_step step;
    char header[HEADER_LIMIT];
    size_t header_size;
    bool header_sent;
    uint64_t body; // bytes of it that have passed
};

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
}

static bool send_all(int to, const void *bytes, size_t size)
{
    const char *from = bytes;
    while (size > 0) {
        ssize_t count = send(to, from, size, MSG_NOSIGNAL);
        if (count <= 0) return false;
        from += count;
        size -= (size_t)count;
    }
    return true;
}

static void reset(int descriptor)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void stall(void)
{
    for (;;) pause();
}

// Replaces a header line's value, or drops the line when `value` is NULL.
static void replace_line(struct connection *connection, const char *name, const char *value)
{
    char changed[HEADER_LIMIT];
    char *begin = strcasestr(connection->header, name), *end = begin != NULL ? strstr(begin, "\r\n") : NULL;
    if (end == NULL) return;
    int size = snprintf(changed, sizeof changed, "%.*s", (int)(begin - connection->header), connection->header);
    if (value != NULL) size += snprintf(changed + size, sizeof changed - (size_t)size, "%s: %s\r\n", name, value);
    size += snprintf(changed + size, sizeof changed - (size_t)size, "%s", end + 2);
    memcpy(connection->header, changed, (size_t)size + 1);
    connection->header_size = (size_t)size;
}

static bool send_header(struct connection *connection)
{
    char number[24];
    snprintf(number, sizeof number, "%llu", (unsigned long long)connection->step.at);
    if (connection->step.fault == RELAY_LENGTH) replace_line(connection, "Content-Length", number);
    if (connection->step.fault == RELAY_NO_RANGE) replace_line(connection, "Content-Range", NULL);
    connection->header_sent = true;
    return send_all(connection->client, connection->header, connection->header_size);
}

// Passes a piece of the body on, up to the fault.
static bool send_body(struct connection *connection, char *bytes, size_t size)
{
    const struct relay_step *step = &connection->step;
    uint64_t before = connection->body;
    bool here = step->at >= before && step->at < before + size;
    bool ends = step->fault == RELAY_CLOSE || step->fault == RELAY_RESET || step->fault == RELAY_STALL;
    if (here && step->fault == RELAY_FLIP) bytes[step->at - before] ^= 1;
    size_t sent = here && ends ? (size_t)(step->at - before) : size;
    connection->body += sent;
    if (!send_all(connection->client, bytes, sent)) return false;
    if (here && step->fault == RELAY_RESET) {
        usleep(50000); // lets what was sent arrive: a reset overtakes it
        reset(connection->client);
    }
    if (here && step->fault == RELAY_STALL) stall();
    return !(here && ends);
}

static bool take_from_server(struct connection *connection)
{
    char piece[PIECE];
    ssize_t count = recv(connection->server, piece, sizeof piece, 0);
    if (count <= 0) {
        char extra[PIECE] = {0};
        if (connection->step.fault == RELAY_EXTRA) send_all(connection->client, extra, (size_t)connection->step.at);
        return false;
    }
    if (connection->header_sent) return send_body(connection, piece, (size_t)count);
    size_t room = HEADER_LIMIT - 1 - connection->header_size;
    if ((size_t)count > room) return false;
    memcpy(connection->header + connection->header_size, piece, (size_t)count);
    connection->header_size += (size_t)count;
    connection->header[connection->header_size] = '\0';
    // Headers hold no zero bytes, so the end is found even when a binary body follows in the same piece.
    char *end = memmem(connection->header, connection->header_size, "\r\n\r\n", 4);
    if (end == NULL) return true;
    size_t rest = connection->header_size - (size_t)(end + 4 - connection->header);
    memcpy(piece, end + 4, rest);
    connection->header_size -= rest;
    end[4] = '\0';
    return send_header(connection) && (rest == 0 || send_body(connection, piece, rest));
}

static bool take_from_client(struct connection *connection)
{
    char piece[PIECE];
    ssize_t count = recv(connection->client, piece, sizeof piece, 0);
    return count > 0 && send_all(connection->server, piece, (size_t)count);
}

static void serve(int client, int server_port, struct relay_step step)
{
    static const char failure[] = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 4\r\n\r\noops";
    static struct connection connection;
    struct sockaddr_in address = loopback(server_port);
    connection = (struct connection){.client = client, .server = socket(AF_INET, SOCK_STREAM, 0), .step = step};
    if (connect(connection.server, (struct sockaddr *)&address, sizeof address) != 0) _exit(1);
    bool open = true;
    while (open) {
        struct pollfd polled[] = {{.fd = client, .events = POLLIN}, {.fd = connection.server, .events = POLLIN}};
        poll(polled, 2, -1);
        if (polled[0].revents != 0 && step.fault == RELAY_FAIL) {
            char request[PIECE];
            if (recv(client, request, sizeof request, 0) > 0) send_all(client, failure, sizeof failure - 1);
            break;
        }
        if (polled[0].revents != 0) open = take_from_client(&connection);
        if (open && polled[1].revents != 0) open = take_from_server(&connection);
    }
    close(connection.server);
    close(client);
}

static void run(int listener, int server_port, const struct relay_step *steps, int count)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGCHLD, SIG_IGN);
    for (int i = 0;; i++) {
        int client = accept(listener, NULL, NULL);
        if (client < 0) _exit(1);
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            close(listener);
            serve(client, server_port, steps[i < count ? i : count - 1]);
            _exit(0);
        }
        close(client);
    }
}

struct fault_relay fault_relay_start(int server_port, const struct relay_step *steps, int count)
{
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    struct fault_relay relay = {.process = -1};
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 16) == 0);
    cr_assert(getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    relay.port = ntohs(address.sin_port);
    fflush(NULL);
    relay.process = fork();
    cr_assert(relay.process >= 0);
    if (relay.process == 0) run(listener, server_port, steps, count);
    close(listener);
    return relay;
}

void fault_relay_stop(struct fault_relay *relay)
{
    if (relay->process <= 0) return;
    kill(relay->process, SIGKILL);
    waitpid(relay->process, NULL, 0);
    relay->process = -1;
}
