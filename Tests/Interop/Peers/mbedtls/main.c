/* mbedTLS as a DTLS 1.2 peer: main client|server PORT PEM MTU COOKIE(0|1) EMS(0|1) */
#include "udp.h"
#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/pk.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_cookie.h>
#include <mbedtls/timing.h>
#include <mbedtls/x509_crt.h>

static unsigned char s_master[48], s_randoms[64];
static mbedtls_tls_prf_types s_prf;

static int keep_keys(void *context, const unsigned char *master, const unsigned char *block, size_t mac, size_t key, size_t iv,
                     const unsigned char client_random[32], const unsigned char server_random[32], mbedtls_tls_prf_types prf)
{
    (void)context; (void)block; (void)mac; (void)key; (void)iv;
    memcpy(s_master, master, 48);
    memcpy(s_randoms, client_random, 32);
    memcpy(s_randoms + 32, server_random, 32);
    s_prf = prf;
    return 0;
}

int main(int argc, char **argv)
{
    int is_server = argc > 6 && strcmp(argv[1], "server") == 0, result;
    struct sockaddr_in address;
    mbedtls_net_context net;
    mbedtls_entropy_context entropy;
    mbedtls_ctr_drbg_context random;
    mbedtls_x509_crt certificate;
    mbedtls_pk_context key;
    mbedtls_ssl_config config;
    mbedtls_ssl_cookie_ctx cookies;
    mbedtls_timing_delay_context timer;
    mbedtls_ssl_context ssl;
    static const mbedtls_ssl_srtp_profile profiles[] = {MBEDTLS_TLS_SRTP_AES128_CM_HMAC_SHA1_80, MBEDTLS_TLS_SRTP_UNSET};

    if (argc < 7) return 2;
    mbedtls_net_init(&net);
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&random);
    mbedtls_x509_crt_init(&certificate);
    mbedtls_pk_init(&key);
    mbedtls_ssl_config_init(&config);
    mbedtls_ssl_cookie_init(&cookies);
    mbedtls_ssl_init(&ssl);
    mbedtls_ctr_drbg_seed(&random, mbedtls_entropy_func, &entropy, NULL, 0);
    if ((result = mbedtls_x509_crt_parse_file(&certificate, argv[3])) != 0) die("certificate", result);
    if ((result = mbedtls_pk_parse_keyfile(&key, argv[3], NULL)) != 0) die("key", result);
    mbedtls_ssl_config_defaults(&config, is_server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_DATAGRAM,
                                MBEDTLS_SSL_PRESET_DEFAULT);
    mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &random);
    mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_OPTIONAL);
    mbedtls_ssl_conf_own_cert(&config, &certificate, &key);
    mbedtls_ssl_conf_dtls_srtp_protection_profiles(&config, profiles);
    mbedtls_ssl_conf_export_keys_ext_cb(&config, keep_keys, NULL);
    mbedtls_ssl_conf_extended_master_secret(&config, argv[6][0] == '1' ? MBEDTLS_SSL_EXTENDED_MS_ENABLED : MBEDTLS_SSL_EXTENDED_MS_DISABLED);
    if (is_server && argv[5][0] == '1') {
        mbedtls_ssl_cookie_setup(&cookies, mbedtls_ctr_drbg_random, &random);
        mbedtls_ssl_conf_dtls_cookies(&config, mbedtls_ssl_cookie_write, mbedtls_ssl_cookie_check, &cookies);
    } else if (is_server) {
        mbedtls_ssl_conf_dtls_cookies(&config, NULL, NULL, NULL);
    }
    if ((result = mbedtls_ssl_setup(&ssl, &config)) != 0) die("setup", result);
    mbedtls_ssl_set_timer_cb(&ssl, &timer, mbedtls_timing_set_delay, mbedtls_timing_get_delay);
    mbedtls_ssl_set_mtu(&ssl, (uint16_t)atoi(argv[4]));
    net.fd = join(is_server, atoi(argv[2]), &address);
    mbedtls_ssl_set_bio(&ssl, &net, mbedtls_net_send, mbedtls_net_recv, mbedtls_net_recv_timeout);
    do {
        if (is_server) {
            mbedtls_ssl_session_reset(&ssl);
            mbedtls_ssl_set_client_transport_id(&ssl, (unsigned char *)&address, sizeof address);
        }
        do result = mbedtls_ssl_handshake(&ssl);
        while (result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE);
    } while (result == MBEDTLS_ERR_SSL_HELLO_VERIFY_REQUIRED);
    if (result != 0) die("handshake", result);

    unsigned char keys[60], buffer[2000];
    mbedtls_ssl_tls_prf(s_prf, s_master, sizeof s_master, "EXTRACTOR-dtls_srtp", s_randoms, sizeof s_randoms, keys, sizeof keys);
    print_connected(keys, sizeof keys, mbedtls_ssl_get_ciphersuite(&ssl));
    mbedtls_ssl_write(&ssl, (const unsigned char *)"from the peer\n", 14);
    while ((result = mbedtls_ssl_read(&ssl, buffer, sizeof buffer)) > 0 || result == MBEDTLS_ERR_SSL_WANT_READ) {
        if (result > 0) printf("received %.*s", result, buffer);
        fflush(stdout);
    }
    printf("closed %d\n", result);
    return 0;
}
