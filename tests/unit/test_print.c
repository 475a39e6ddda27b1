/* Lines of packets: of each kind the one that tcpdump 4.99 prints with -nn -S, to the letter but
 * for the VLAN tags, which it shows with -e only, and for the blanks that it doubles or leaves at
 * the end. tests/network/traffic.sh compares more of them with tcpdump itself. */
#include "../../engine/packet/print.h"
#include "captures.h"
#include "random_frames.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Of a frame as if it were alone in memory: a read behind what was captured is seen. */
static char *line_of(const uint8_t *bytes, uint32_t captured, uint32_t length)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    uint8_t *exact = malloc(captured ? captured : 1);
    assert_non_null(out);
    assert_non_null(exact);
    memcpy(exact, bytes, captured);
    packet_print(exact, captured, length, out);
    free(exact);
    assert_int_equal(fclose(out), 0);
    assert_true(size > 0 && !strchr(text, '\n'));
    for (size_t i = 0; i < size; i++)
        assert_in_range(text[i], ' ', '~');
    return text;
}

/* What was captured behind the Ethernet addresses, in hex; the length on the wire; the line. */
static const struct {
    const char *captured;
    uint32_t length;
    const char *line;
} rows
    [] =
        {
            {"08004500003c00070000400666b30a0000010a0000029c400050000003e8000007d0a002020000000000020405b40402080a000000010000000001030307",
             74,
             "IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [S], seq 1000, win 512, options [mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 7], length 0"},
            {"08004500002c00070000400666c30a0000010a0000029c400050000003e8000007d06012020000000000020405b4",
             58,
             "IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [S.], seq 1000, ack 2000, win 512, options [mss 1460], length 0"},
            {"08004500002800070000400666c70a0000010a0000029c400050000003e8000007d05010020000000000",
             54, "IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [.], ack 2000, win 512, length 0"},
            {"08004500002f00070000400666c00a0000010a0000029c40270e000003e8000007d0501802000000000078787878787878",
             61,
             "IP 10.0.0.1.40000 > 10.0.0.2.9998: Flags [P.], seq 1000:1007, ack 2000, win 512, length 7"},
            {"08004500002800070000400666c70a0000010a0000029c400050000003e8000007d05011020000000000",
             54,
             "IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [F.], seq 1000, ack 2000, win 512, length 0"},
            {"08004500002800070000400666c70a0000010a0000029c400050000003e8000007d05014020000000000",
             54,
             "IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [R.], seq 1000, ack 2000, win 512, length 0"},
            {"08004500002900070000400666c60a0000010a0000029c40270e000003e8000007d0503802000000000379",
             55,
             "IP 10.0.0.1.40000 > 10.0.0.2.9998: Flags [P.U], seq 1000:1001, ack 2000, win 512, urg 3, length 1"},
            {"08004500002800070000400666c70a0000010a0000029c400050000003e8000007d050c2020000000000",
             54, "IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [SEW], seq 1000, win 512, length 0"},
            {"08004500002800070000400666c70a0000010a0000029c400050000003e8000007d05000020000000000",
             54, "IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [none], win 512, length 0"},
            {"08004500003400070000400666bb0a0000010a0000029c400050000003e8000007d080100200000000000101050a0000100000002000",
             66,
             "IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [.], ack 2000, win 512, options [nop,nop,sack 1 {4096:8192}], length 0"},
            {"08004500003000070000400666bf0a0000010a0000029c400050000003e8000007d07010020000000000fd04f98900000000",
             62,
             "IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [.], ack 2000, win 512, options [unknown-253 0xf989,eol], length 0"},
            {"08004500002800070000400666c70a0000010a0000029c400050000003e8000007d03010020000000000",
             54, "IP 10.0.0.1.40000 > 10.0.0.2.80: tcp 8 [bad hdr length 12]"},
            {"08004500003000070000401166b40a0000010a0000029c40270f001c00007a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a",
             62, "IP 10.0.0.1.40000 > 10.0.0.2.9999: UDP, length 20"},
            {"08004500003900070000401166ab0a0000010a00000214ea003500250000123401000001000000000000076578616d706c6503636f6d0000010001",
             71, "IP 10.0.0.1.5354 > 10.0.0.2.53: 4660+ A? example.com. (29)"},
            {"08004500004400070000401166a00a0000010a00000214ea003500300000123501000001000000000001076578616d706c6503636f6d00001c000100002904d0000000000000",
             82, "IP 10.0.0.1.5354 > 10.0.0.2.53: 4661+ [1au] AAAA? example.com. (40)"},
            {"08004500005b00070000401166890a0000010a000002003514ea00470000123481800001000200000000076578616d706c6503636f6d0000010001c00c000500010000003c000603777777c00cc029000100010000003c0004c0000201",
             105,
             "IP 10.0.0.1.53 > 10.0.0.2.5354: 4660 2/0/0 CNAME www.example.com., A 192.0.2.1 (63)"},
            {"08004500003900070000401166ab0a0000010a000002003514ea00250000123685830001000000000000076578616d706c6503636f6d0000010001",
             71, "IP 10.0.0.1.53 > 10.0.0.2.5354: 4662 NXDomain* 0/0/0 (29)"},
            {"08004500003000072000401146b40a0000010a0000029c40270f001c00007a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a",
             62, "IP 10.0.0.1.40000 > 10.0.0.2.9999: UDP, length 20"},
            {"08004500002c000700b9401165ff0a0000010a0000027a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a",
             58, "IP 10.0.0.1 > 10.0.0.2: ip-proto-17"},
            {"08004500003c00070000401166a80a0000010a0000029c40270f001c00007a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a",
             62,
             "IP truncated-ip - 12 bytes missing! 10.0.0.1.40000 > 10.0.0.2.9999: UDP, length 20"},
            {"08004500005400070000400166a00a0000010a0000020800514e000500066161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161",
             98, "IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 5, seq 6, length 64"},
            {"08004500005400070000400166a00a0000010a0000020000594e000500066161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161",
             98, "IP 10.0.0.1 > 10.0.0.2: ICMP echo reply, id 5, seq 6, length 64"},
            {"08004500003c00070000400166b80a0000010a0000020303f842000000004500002000070000401166c40a0000010a00000213880035000c000078787878",
             74, "IP 10.0.0.1 > 10.0.0.2: ICMP 10.0.0.2 udp port 53 unreachable, length 40"},
            {"08004500003c00070000400166b80a0000010a0000020301f844000000004500002000070000401166c40a0000010a00000213880035000c000078787878",
             74, "IP 10.0.0.1 > 10.0.0.2: ICMP host 10.0.0.2 unreachable, length 40"},
            {"08004500003c00070000400166b80a0000010a0000020300f845000000004500002000070000401166c40a0000010a00000213880035000c000078787878",
             74, "IP 10.0.0.1 > 10.0.0.2: ICMP net 10.0.0.2 unreachable, length 40"},
            {"08004500003c00070000400166b80a0000010a000002030df838000000004500002000070000401166c40a0000010a00000213880035000c000078787878",
             74,
             "IP 10.0.0.1 > 10.0.0.2: ICMP host 10.0.0.2 unreachable - admin prohibited filter, length 40"},
            {"08004500003c00070000400166b80a0000010a000002030af83b000000004500002000070000401166c40a0000010a00000213880035000c000078787878",
             74,
             "IP 10.0.0.1 > 10.0.0.2: ICMP host 10.0.0.2 unreachable - admin prohibited, length 40"},
            {"08004500003c00070000400166b80a0000010a0000020302f843000000004500002000070000401166c40a0000010a00000213880035000c000078787878",
             74, "IP 10.0.0.1 > 10.0.0.2: ICMP 10.0.0.2 protocol 17 unreachable, length 40"},
            {"08004500003c00070000400166b80a0000010a0000020304f2c9000005784500002000070000401166c40a0000010a00000213880035000c000078787878",
             74,
             "IP 10.0.0.1 > 10.0.0.2: ICMP 10.0.0.2 unreachable - need to frag (mtu 1400), length 40"},
            {"08004500003c00070000400166b80a0000010a0000020501ec3b0a0000094500002000070000401166c40a0000010a00000213880035000c000078787878",
             74, "IP 10.0.0.1 > 10.0.0.2: ICMP redirect 10.0.0.2 to host 10.0.0.9, length 40"},
            {"08004500003c00070000400166b80a0000010a0000020b00f045000000004500002000070000401166c40a0000010a00000213880035000c000078787878",
             74, "IP 10.0.0.1 > 10.0.0.2: ICMP time exceeded in-transit, length 40"},
            {"08004500002c00070000403266970a0000010a000002000012340000000965656565656565656565656565656565",
             58, "IP 10.0.0.1 > 10.0.0.2: ESP(spi=0x00001234,seq=0x9), length 24"},
            {"08004500001e0007000040fd65da0a0000010a00000266666666666666666666", 44,
             "IP 10.0.0.1 > 10.0.0.2: ip-proto-253 10"},
            {"08004500002000070000408466510a0000010a000002000100020000000700000000", 46,
             "IP 10.0.0.1.1 > 10.0.0.2.2: sctp, length 12"},
            {"080600010800060400010200000000010a0000010000000000000a000002", 42,
             "ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28"},
            {"080600010800060400020200000000010a0000010200000000020a000002", 42,
             "ARP, Reply 10.0.0.1 is-at 02:00:00:00:00:01, length 28"},
            {"080600010800060400010200000000010a0000010200000000020a000002", 42,
             "ARP, Request who-has 10.0.0.2 (02:00:00:00:00:02) tell 10.0.0.1, length 28"},
            {"8100600508004500003000070000401166b40a0000010a0000029c40270f001c00007a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a",
             66, "vlan 5, p 3, IP 10.0.0.1.40000 > 10.0.0.2.9999: UDP, length 20"},
            {"88a80064810030c8080600010800060400010200000000010a0000010000000000000a000002", 50,
             "vlan 100, p 0, vlan 200, p 1, DEI, ARP, Request who-has 10.0.0.2 tell 10.0.0.1, length 28"},
            {"86dd6000000000140640fd000000000000000000000000000001fd0000000000000000000000000000029c400b96000003e8000007d05002020000000000",
             74, "IP6 fd00::1.40000 > fd00::2.2966: Flags [S], seq 1000, win 512, length 0"},
            {"86dd60000000001c1140fd000000000000000000000000000001fd0000000000000000000000000000029c40270f001c00007a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a",
             82, "IP6 fd00::1.40000 > fd00::2.9999: UDP, length 20"},
            {"86dd6000000000403a40fd000000000000000000000000000001fd0000000000000000000000000000028000dece000500066161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161616161",
             118, "IP6 fd00::1 > fd00::2: ICMP6, echo request, id 5, seq 6, length 64"},
            {"86dd6000000000203a40fd000000000000000000000000000001fd00000000000000000000000000000287007e9b00000000fd0000000000000000000000000000020101020000000001",
             86, "IP6 fd00::1 > fd00::2: ICMP6, neighbor solicitation, who has fd00::2, length 32"},
            {"86dd6000000000183a40fd000000000000000000000000000001fd000000000000000000000000000002880020a660000000fd000000000000000000000000000001",
             78, "IP6 fd00::1 > fd00::2: ICMP6, neighbor advertisement, tgt is fd00::1, length 24"},
            {"86dd6000000000083a40fd000000000000000000000000000001fd000000000000000000000000000002850080b800000000",
             62, "IP6 fd00::1 > fd00::2: ICMP6, router solicitation, length 8"},
            {"86dd6000000000103a40fd000000000000000000000000000001fd000000000000000000000000000002860038a8400007080000000000000000",
             70, "IP6 fd00::1 > fd00::2: ICMP6, router advertisement, length 16"},
            {"86dd60000000004c3a40fd000000000000000000000000000001fd000000000000000000000000000002020006670000057860000000001c1140fd000000000000000000000000000001fd0000000000000000000000000000029c40270f001c00007a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a",
             130, "IP6 fd00::1 > fd00::2: ICMP6, packet too big, mtu 1400, length 76"},
            {"86dd60000000004c3a40fd000000000000000000000000000001fd00000000000000000000000000000201040cdb0000000060000000001c1140fd000000000000000000000000000001fd0000000000000000000000000000029c40270f001c00007a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a",
             130,
             "IP6 fd00::1 > fd00::2: ICMP6, destination unreachable, unreachable port, fd00::2 udp port 9999, length 76"},
            {"86dd60000000004c3a40fd000000000000000000000000000001fd00000000000000000000000000000201030cdc0000000060000000001c1140fd000000000000000000000000000001fd0000000000000000000000000000029c40270f001c00007a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a",
             130,
             "IP6 fd00::1 > fd00::2: ICMP6, destination unreachable, unreachable address fd00::2, length 76"},
            {"86dd60000000004c3a40fd000000000000000000000000000001fd00000000000000000000000000000201000cdf0000000060000000001c1140fd000000000000000000000000000001fd0000000000000000000000000000029c40270f001c00007a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a",
             130,
             "IP6 fd00::1 > fd00::2: ICMP6, destination unreachable, unreachable route fd00::2, length 76"},
            {"86dd60000000004c3a40fd000000000000000000000000000001fd00000000000000000000000000000203000adf0000000060000000001c1140fd000000000000000000000000000001fd0000000000000000000000000000029c40270f001c00007a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a",
             130, "IP6 fd00::1 > fd00::2: ICMP6, time exceeded in-transit for fd00::2, length 76"},
            {"86dd6000000000242c40fd000000000000000000000000000001fd00000000000000000000000000000211000001000000099c40270f001c00007a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a",
             90, "IP6 fd00::1 > fd00::2: frag (0|28) 40000 > 9999: UDP, length 20"},
            {"86dd6000000000202c40fd000000000000000000000000000001fd000000000000000000000000000002110005a8000000097a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a",
             86, "IP6 fd00::1 > fd00::2: frag (1448|24)"},
            {"86dd6000000000240040fd000000000000000000000000000001fd0000000000000000000000000000023a000502000000008f00739c0000000104000000ff020000000000000000000000010003",
             90,
             "IP6 fd00::1 > fd00::2: HBH ICMP6, multicast listener report v2, 1 group record(s), length 28"},
            {"86dd60000000001c3c40fd000000000000000000000000000001fd00000000000000000000000000000206000104000000009c400050000003e8000007d05010020000000000",
             82,
             "IP6 fd00::1 > fd00::2: DSTOPT 40000 > 80: Flags [.], ack 2000, win 512, length 0"},
            {"86dd6000000000003b40fd000000000000000000000000000001fd000000000000000000000000000002",
             54, "IP6 fd00::1 > fd00::2: no next header"},
            {"08004500003c00070000400666b30a0000010a0000029c400050000003e8000007d0a0020200", 74,
             "IP 10.0.0.1.40000 > 10.0.0.2.80: [|tcp]"},
            {"08004500003c00070000400666b30a0000010a0000029c4000500000", 74,
             "IP 10.0.0.1.40000 > 10.0.0.2.80: [|tcp]"},
            {"08004500003000070000401166b40a0000010a0000029c40", 62,
             "IP 10.0.0.1 > 10.0.0.2: [|udp]"},
            {"08004500003900070000401166ab0a0000010a00000214ea003500250000123401000001000000000000076578616d70",
             71, "IP 10.0.0.1.5354 > 10.0.0.2.53: 4660+ [|domain]"},
            {"0800450000300007", 62, "IP [|ip]"},
            {"08004500005400070000400166a00a0000010a0000020800", 98,
             "IP 10.0.0.1 > 10.0.0.2: ICMP [|icmp]"},
            {"86dd6000000000140640fd000000000000000000000000000001fd0000000000000000000000000000029c400b960000",
             74, "IP6 fd00::1.40000 > fd00::2.2966: [|tcp]"},
            {"080600010800060400010200000000010a00", 42, "ARP, [|arp]"},
            {"", 62, "[|ether]"},
            {"08", 62, "[|ether]"},
};

static uint32_t from_hex(const char *hex, uint8_t *bytes)
{
    uint32_t count = 0;
    for (; hex[0]; hex += 2)
        bytes[count++] = (uint8_t)strtoul((char[]){hex[0], hex[1], 0}, NULL, 16);
    return count;
}

static void test_as_tcpdump(void **state)
{
    uint8_t frame[2048] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t captured = 12 + from_hex(rows[i].captured, frame + 12);
        char *line = line_of(frame, captured, rows[i].length);
        assert_string_equal(line, rows[i].line);
        free(line);
    }
}

/* However little was captured, there is a line, and what it says of addresses is right. */
static void test_cut(void **state)
{
    uint8_t frame[2048] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t whole = 12 + from_hex(rows[i].captured, frame + 12);
        for (uint32_t captured = 0; captured < whole; captured++)
            free(line_of(frame, captured, rows[i].length));
    }
}

static void test_random(void **state)
{
    static struct packet packet;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        make_frame(&packet);
        uint32_t captured = below(4) ? packet.length : below(packet.length + 1);
        free(line_of(packet.bytes, captured, packet.length + below(2) * below(9000)));
    }
}

static void each_file(void *context, const char *path, const struct capture *capture)
{
    (void)context;
    (void)path;
    for (size_t i = 0; i < capture->count; i++) {
        const struct record *record = &capture->records[i];
        for (uint32_t cut = 0; cut < 3 && cut * 20 <= record->captured; cut++)
            free(line_of(record->bytes, record->captured - cut * 20, record->length));
    }
}

static void test_captures(void **state)
{
    (void)state;
    if (!captures_visit(each_file, NULL))
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_tcpdump),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_captures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
