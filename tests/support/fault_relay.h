// fault_relay.h: a relay between a client and a real server on loopback that hurts what passes: cuts it, resets the
// connection, stalls, flips a bit, changes the announced length. What a server does by itself is the server's job.
#ifndef TESTS_SUPPORT_FAULT_RELAY_H
#define TESTS_SUPPORT_FAULT_RELAY_H

#include <stdint.h>
#include <sys/types.h>

enum relay_fault {
    RELAY_PASS,     // nothing
    RELAY_CLOSE,    // closes after `at` bytes of the body
    RELAY_RESET,    // resets the connection there
    RELAY_STALL,    // sends nothing more from there on
    RELAY_FLIP,     // flips the lowest bit of byte `at` of the body
    RELAY_LENGTH,   // announces `at` as Content-Length
    RELAY_EXTRA,    // sends `at` bytes more behind the body
    RELAY_FAIL,     // answers with status 500 itself
    RELAY_NO_RANGE, // drops Content-Range from the headers
};

struct relay_step {
    enum relay_fault fault;
    uint64_t at;
};

struct fault_relay {
    pid_t process;
    int port;
};

// Connection i meets step i, those beyond the last one the last step. Runs in a process of its own until it is stopped.
// Fails the test when it cannot start.
struct fault_relay fault_relay_start(int server_port, const struct relay_step *steps, int count);
void fault_relay_stop(struct fault_relay *relay);

#endif
