// SPDX-License-Identifier: Apache-2.0

// judge: what Go's crypto/x509 says of a certificate.
//
//	judge ROOT ISSUING CRL PURPOSE NAME CERTIFICATE
//
// PEM files, but for the CRL (DER). PURPOSE is client, server, email or ocsp; NAME is a DNS name or
// "". Exit status 0: good; 1: not, or revoked.
package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"time"
)

var purposes = map[string]x509.ExtKeyUsage{
	"client": x509.ExtKeyUsageClientAuth,
	"server": x509.ExtKeyUsageServerAuth,
	"email":  x509.ExtKeyUsageEmailProtection,
	"ocsp":   x509.ExtKeyUsageOCSPSigning,
}

func readCertificate(path string) (*x509.Certificate, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, rest := pem.Decode(text)
	if block == nil || len(bytes.TrimSpace(rest)) > 0 {
		return nil, errors.New(path + ": not one PEM object")
	}
	return x509.ParseCertificate(block.Bytes)
}

func checkRevocation(leaf, issuer *x509.Certificate, path string) error {
	der, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		return err
	}
	if err := list.CheckSignatureFrom(issuer); err != nil {
		return err
	}
	if now := time.Now(); now.Before(list.ThisUpdate) || now.After(list.NextUpdate) {
		return errors.New("the CRL is not of now")
	}
	for _, entry := range list.RevokedCertificates {
		if entry.SerialNumber.Cmp(leaf.SerialNumber) == 0 {
			return errors.New("revoked")
		}
	}
	return nil
}

func judge(arguments []string) error {
	var certificates [3]*x509.Certificate
	for i, path := range []string{arguments[0], arguments[1], arguments[5]} {
		var err error
		if certificates[i], err = readCertificate(path); err != nil {
			return err
		}
	}
	root, issuing, leaf := certificates[0], certificates[1], certificates[2]
	options := x509.VerifyOptions{
		Roots:         x509.NewCertPool(),
		Intermediates: x509.NewCertPool(),
		DNSName:       arguments[4],
		KeyUsages:     []x509.ExtKeyUsage{purposes[arguments[3]]},
	}
	options.Roots.AddCert(root)
	options.Intermediates.AddCert(issuing)
	if len(leaf.UnhandledCriticalExtensions) > 0 || leaf.IsCA {
		return errors.New("a CA's, or with critical extensions that nobody knows")
	}
	if _, err := leaf.Verify(options); err != nil {
		return err
	}
	return checkRevocation(leaf, issuing, arguments[2])
}

func main() {
	if err := judge(os.Args[1:]); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("good")
}
