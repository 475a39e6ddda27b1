/* The parts of a line: print.c has Ethernet, ARP and IP, print_transport.c what is in IP,
 * print_icmp.c its control messages, print_dns.c names. */
#ifndef MIRRORSH_PRINT_INTERNAL_H
#define MIRRORSH_PRINT_INTERNAL_H

#include "print.h"
#include "protocol.h"

#include <stdbool.h>

/* A header that is not whole in what was captured: "[|tcp]". */
#define PRINT_CUT(out, name) fputs("[|" name "]", out)

/* What is in an IP packet, as far as it was captured. */
struct ip_payload {
    struct cursor cursor;
    uint32_t length; /* on the wire, as the IP header has it */
    uint8_t family;  /* 4 or 6 */
    uint8_t protocol;
    uint8_t first;              /* the protocol that the IP header itself names */
    bool fragment;              /* the first of several */
    const uint8_t *source, *to; /* addresses; NULL: they stand in the line already */
};

void print_address(uint8_t family, const uint8_t *address, FILE *out);
void print_link_address(const uint8_t address[static 6], FILE *out);
/* "10.0.0.1 > 10.0.0.2: " */
void print_ends(const struct ip_payload *payload, FILE *out);

/* What follows IPv6's extension headers, or IPv4's header. */
void print_payload(struct ip_payload *payload, FILE *out);
void print_icmp4(struct ip_payload *payload, FILE *out);
void print_icmp6(struct ip_payload *payload, FILE *out);
/* length: of the message on the wire. */
void print_dns(struct cursor cursor, uint32_t length, FILE *out);

#endif
