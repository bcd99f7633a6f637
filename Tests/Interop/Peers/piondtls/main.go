// Pion as a DTLS 1.2 peer: main client|server PORT PEM MTU SUITE
package main

import (
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/pion/dtls/v2"
)

func check(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}

func main() {
	port, err := strconv.Atoi(os.Args[2])
	check(err)
	certificate, err := tls.LoadX509KeyPair(os.Args[3], os.Args[3])
	check(err)
	mtu, err := strconv.Atoi(os.Args[4])
	check(err)
	suite, err := strconv.ParseUint(os.Args[5], 16, 16)
	check(err)
	config := &dtls.Config{
		Certificates:           []tls.Certificate{certificate},
		CipherSuites:           []dtls.CipherSuiteID{dtls.CipherSuiteID(suite)},
		SRTPProtectionProfiles: []dtls.SRTPProtectionProfile{dtls.SRTP_AEAD_AES_128_GCM},
		ClientAuth:             dtls.RequireAnyClientCert,
		ExtendedMasterSecret:   dtls.RequireExtendedMasterSecret,
		InsecureSkipVerify:     true,
		FlightInterval:         100 * time.Millisecond,
		MTU:                    mtu,
	}
	address := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}
	var connection net.Conn
	if os.Args[1] == "server" {
		listener, err := dtls.Listen("udp", address, config)
		check(err)
		fmt.Println("listening")
		connection, err = listener.Accept()
		check(err)
	} else {
		connection, err = dtls.Dial("udp", address, config)
		check(err)
	}
	state := connection.(*dtls.Conn).ConnectionState()
	keys, err := state.ExportKeyingMaterial("EXTRACTOR-dtls_srtp", nil, 60)
	check(err)
	fmt.Printf("connected %04X %X\n", suite, keys)
	_, err = connection.Write([]byte("from the peer\n"))
	check(err)
	buffer := make([]byte, 2000)
	for {
		length, err := connection.Read(buffer)
		if err != nil {
			fmt.Println("closed", err)
			return
		}
		fmt.Printf("received %s", buffer[:length])
	}
}
