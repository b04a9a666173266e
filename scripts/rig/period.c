/* Preloaded into the rig's own pulseaudio: null sinks get a fixed period (RIG_PERIOD_US), as cards have.
   Without it PulseAudio shortens the period to what the least patient program asks for, down to 0.5 ms. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

void pa_sink_set_latency_range(void *sink, uint64_t least, uint64_t most) {
    static void (*real)(void *, uint64_t, uint64_t);
    const char *period = getenv("RIG_PERIOD_US");
    if (!real)
        real = (void (*)(void *, uint64_t, uint64_t)) dlsym(RTLD_NEXT, "pa_sink_set_latency_range");
    if (period)
        least = most = strtoull(period, NULL, 10);
    real(sink, least, most);
}
