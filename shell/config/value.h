/* The parsers that the rows of the schema name: a typed value to its canonical text. */
#ifndef MIRRORSH_VALUE_H
#define MIRRORSH_VALUE_H

#include "../../engine/mirror_config.h"
#include "schema.h"

value_parse_fn value_number;    /* minimum-maximum, or also */
value_parse_fn value_choice;    /* one of choices, may be abbreviated */
value_parse_fn value_name;      /* minimum-maximum letters of any script, digits, _ - . */
value_parse_fn value_text;      /* minimum-maximum characters, no control characters */
value_parse_fn value_interface; /* what Linux takes as an interface's name */
value_parse_fn value_endpoint;  /* ADDRESS, ADDRESS:PORT, [V6]:PORT, of link-local V6%IFNAME */
value_parse_fn value_address;   /* IPv4 or IPv6, that packets can come from */
value_parse_fn value_rate;      /* a number of packets or bits a second, up to RATE_MAX */
value_parse_fn value_match;     /* of the row's match field */

/* What a row's value or key may be, for "expected ...": "1-32766", "one of: accept, reject". */
enum { VALUE_EXPECTED_SIZE = 200 };
void value_expected(const struct schema *row, char out[static VALUE_EXPECTED_SIZE]);

/* The number that a canonical text of value_number is; `other` for NULL and the word it may be
 * instead. */
long value_to_number(const char *text, long other);
/* What a canonical text of value_rate says, in packets or bits; 0 for NULL. */
uint64_t value_to_rate(const char *text, enum rate_unit *unit);
/* What value_interface takes. */
bool value_is_interface(const char *text);
/* What a canonical text of value_endpoint says; of value_address without a port. */
bool value_to_receiver(const char *text, struct mirror_receiver *receiver);

enum { VXLAN_PORT = 4789 }; /* of a receiver without a port */

#endif
