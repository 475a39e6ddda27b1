/* The services of a cloud itself, whose packets AWS and Tencent never mirror: ARP, DHCP, the
 * metadata of instances (169.254.169.254), NTP and Windows activation (TCP 1688). */
#ifndef MIRRORSH_SERVICES_H
#define MIRRORSH_SERVICES_H

#include "../packet/decode.h"
#include <stdbool.h>

/* Pure. A later fragment is one when its key has its first's ports (fragments.h). */
bool is_service(const struct flow_key *key);

#endif
