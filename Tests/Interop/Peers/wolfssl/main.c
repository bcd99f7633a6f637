/* wolfSSL as a DTLS 1.2 peer: main client|server PORT PEM MTU CIPHERS. Debian's library has no DTLS 1.3. */
#include "udp.h"
#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

static int accept_any(int ok, WOLFSSL_X509_STORE_CTX *store)
{
    (void)ok; (void)store;
    return 1;                                   /* self-signed, and the other side has fingerprints */
}

int main(int argc, char **argv)
{
    if (argc < 6) return 2;
    int is_server = strcmp(argv[1], "server") == 0;
    struct sockaddr_in address;
    wolfSSL_Init();
    WOLFSSL_CTX *context = wolfSSL_CTX_new(is_server ? wolfDTLSv1_2_server_method() : wolfDTLSv1_2_client_method());
    if (!context) die("context", 0);
    if (wolfSSL_CTX_use_certificate_chain_file(context, argv[3]) != WOLFSSL_SUCCESS) die("certificate", 0);
    if (wolfSSL_CTX_use_PrivateKey_file(context, argv[3], WOLFSSL_FILETYPE_PEM) != WOLFSSL_SUCCESS) die("key", 0);
    wolfSSL_CTX_set_verify(context, WOLFSSL_VERIFY_PEER | WOLFSSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any);
    if (strcmp(argv[5], "-") != 0 && wolfSSL_CTX_set_cipher_list(context, argv[5]) != WOLFSSL_SUCCESS) die("ciphers", 0);
    WOLFSSL *ssl = wolfSSL_new(context);
    wolfSSL_KeepArrays(ssl);                    /* for the exporter */
    int fd = join(is_server, atoi(argv[2]), &address);
    wolfSSL_dtls_set_peer(ssl, &address, sizeof address);
    wolfSSL_set_fd(ssl, fd);
    int result = is_server ? wolfSSL_accept(ssl) : wolfSSL_connect(ssl);
    if (result != WOLFSSL_SUCCESS) die("handshake", wolfSSL_get_error(ssl, result));

    unsigned char keys[60], buffer[2000];
    if (wolfSSL_export_keying_material(ssl, keys, sizeof keys, "EXTRACTOR-dtls_srtp", 19, NULL, 0, 0) != WOLFSSL_SUCCESS) die("export", 0);
    print_connected(keys, sizeof keys, wolfSSL_get_cipher_name(ssl));
    wolfSSL_write(ssl, "from the peer\n", 14);
    while ((result = wolfSSL_read(ssl, buffer, sizeof buffer)) > 0) {
        printf("received %.*s", result, (char *)buffer);
        fflush(stdout);
    }
    printf("closed %d\n", wolfSSL_get_error(ssl, result));
    return 0;
}
