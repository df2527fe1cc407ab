/** The formats, each against vectors of its own specification or reference implementation. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHash } from './formats.ts';

interface Vectors {
  readonly source: string;
  readonly hashes: readonly (readonly [password: string, encoded: string])[];
}

/** Of passlib's own tests: 'table', 't\u00e1\u0411\u2113\u0259'. */
const TABLE = 'táБℓə';

const octets = (hex: string) => Buffer.from(hex, 'hex').toString('base64');

const vectors: Readonly<Record<string, readonly Vectors[]>> = {
  bcrypt: [
    {
      source: 'crypt_blowfish 1.3, wrapper.c (Openwall)',
      hashes: [
        ['U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
        ['U*U*', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK'],
        ['', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy'],
        [
          '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored',
          '$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui',
        ],
      ],
    },
    {
      source: 'passlib 1.7.4, tests/test_handlers_bcrypt.py: no wrap-around at 255, characters outside ASCII',
      hashes: [
        ['0123456789'.repeat(26).slice(0, 256), '$2a$04$R1lJ2gkNaoPGdafE.H.16.1MKHPvmKwryeulRe225LKProWYwt9Oi'],
        [TABLE, '$2b$05$Z17AXnnlpzddNUvnC6cZNOSwMA/8oNiKnHTHTwLlBijfucQQlHjaG'],
      ],
    },
    {
      source: 'crypt() of libxcrypt 4.4.33',
      hashes: ['2a', '2b', '2y'].map((name) => ['Password1!', `$${name}$10$abcdefghijklmnopqrstuuM1NmTCB1Wc9MzZ0IYiSbJIE3Z1fsbhG`]),
    },
  ],
  argon2: [
    {
      source: 'phc-winner-argon2 20190702, src/test.c',
      hashes: [
        ['password', '$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA'],
        ['password', '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc'],
        ['password', '$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc'],
      ],
    },
    {
      source: 'passlib 1.7.4, tests/test_handlers_argon2.py',
      hashes: [
        ['password', '$argon2i$v=19$m=380,t=2,p=2$c29tZXNhbHQ$SrssP8n7m/12VWPM8dvNrw'],
        [TABLE, '$argon2i$v=19$m=512,t=2,p=2$1sV0O4PWLtc12Ypv1f7oGw$z+yqzlKtrq3SaNfXDfIDnQ'],
      ],
    },
  ],
  scrypt: [
    {
      source: 'RFC 7914, section 12, the first 32 bytes in the form of passlib 1.7.4 (tests/test_handlers_scrypt.py)',
      hashes: [
        ['password', '$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/nxq18vII3gw53N2Y0s3MWI'],
        ['pleaseletmein', '$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI'],
        ['pleaseletmein', '$7$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI'],
      ],
    },
    {
      source: 'passlib 1.7.4, tests/test_handlers_scrypt.py',
      hashes: [
        ['password', '$scrypt$ln=8,r=2,p=1$dO6d0xoDoLT2PofQGoNQag$g/Wf2A0vhHhaJM+addK61QPBthSmYB6uVTtQzh8CM3o'],
        ['nacl', '$scrypt$ln=1,r=4,p=2$yhnD+J+Tci4lZCwFgHCuVQ$fAsEWmxSHuC0cHKMwKVFPzrQukgvK09Sj+NueTSxKds'],
        [TABLE, '$scrypt$ln=7,r=8,p=1$jjGmtDamdA4BQAjBeA9BSA$OiWRHhQtpDx7M/793x6UXK14AD512jg/qNm/hkWZG4M'],
      ],
    },
  ],
  'scrypt of crypt(3)': [
    {
      source: 'Openwall, unix-scrypt.txt',
      hashes: [['pleaseletmein', '$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D']],
    },
    {
      source: 'crypt() of libxcrypt 4.4.33',
      hashes: [['Zürich 8001', '$7$D6....1....saltysalt$Ss5CqmVogGjcFx8HWnZ.1WT/q7CpaQUXMCjXiTXdpA0']],
    },
  ],
  pbkdf2: [
    {
      source: 'RFC 6070, section 2',
      hashes: [
        ['password', `$pbkdf2$1$c2FsdA$${octets('0c60c80f961f0e71f3a9b524af6012062fe037a6')}`],
        ['password', `$pbkdf2$2$c2FsdA$${octets('ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957')}`],
        ['password', `$pbkdf2$4096$c2FsdA$${octets('4b007901b765489abead49d926f721d065a429c1')}`],
        [
          'passwordPASSWORDpassword',
          `$pbkdf2$4096$c2FsdFNBTFRzYWx0U0FMVHNhbHRTQUxUc2FsdFNBTFRzYWx0$${octets('3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038')}`,
        ],
      ],
    },
    {
      source: 'RFC 7914, section 11',
      hashes: [
        [
          'passwd',
          `$pbkdf2-sha256$1$c2FsdA==$${octets('55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783')}`,
        ],
      ],
    },
    {
      source: 'hashlib.pbkdf2_hmac of Python 3.11',
      hashes: [
        ['password', `$pbkdf2-sha224$4096$c2FsdA$${octets('218c453bf90635bd0a21a75d172703ff6108ef603f65bb821aedade1')}`],
        [
          'password',
          `$pbkdf2-sha384$4096$c2FsdA$${octets('559726be38db125bc85ed7895f6e3cf574c7a01c080c3447db1e8a76764deb3c307b94853fbe424f6488c5f4f1289626')}`,
        ],
      ],
    },
    {
      source: 'zitadel/passwap, internal/testvalues/pbkdf2.go (made by passlib)',
      hashes: [
        ['password', '$pbkdf2$12$cmFuZG9tc2FsdGlzaGFyZA$mwUqsMixIYMc/0eN4v1.l3SVDpk'],
        ['password', '$pbkdf2-sha256$12$cmFuZG9tc2FsdGlzaGFyZA$OFvEcLOIPFd/oq8egf10i.qJLI7A8nDjPLnolCWarQY'],
        [
          'password',
          '$pbkdf2-sha512$12$cmFuZG9tc2FsdGlzaGFyZA$e297piXvkpYxoYQAWD9zn1aKXCo3XmR91Xn9/WEGsHXU/7xaQzCV9upu4T5Jntq6AiZ6YX0diXnY7Ju5TEfUMA',
        ],
      ],
    },
  ],
  'sha-crypt': [
    {
      source: 'Drepper, SHA-crypt.txt, tests2 of sha256crypt.c',
      hashes: [
        ['Hello world!', '$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5'],
        ['Hello world!', '$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA'],
        ['This is just a test', '$5$rounds=5000$toolongsaltstrin$Un/5jzAHMgOGZ5.mWJpuVolil07guHPvOW8mGRcvxa5'],
        [
          'a very much longer text to encrypt.  This one even stretches over morethan one line.',
          '$5$rounds=1400$anotherlongsalts$Rx.j8H.h8HjEDGomFU8bDkXm3XIUnzyxf12oP84Bnq1',
        ],
        ['a short string', '$5$rounds=123456$asaltof16chars..$gP3VQ/6X7UUEW3HkBn2w1/Ptq2jxPyzV/cZKmF/wJvD'],
        ['the minimum number is still observed', '$5$rounds=1000$roundstoolow$yfvwcWrQ8l/K0DAWyuPMDNHpIVlTQebY9l/gL972bIC'],
      ],
    },
    {
      source: 'Drepper, SHA-crypt.txt, tests2 of sha512crypt.c',
      hashes: [
        ['Hello world!', '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1'],
        [
          'Hello world!',
          '$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.',
        ],
        [
          'This is just a test',
          '$6$rounds=5000$toolongsaltstrin$lQ8jolhgVRVhY4b5pZKaysCLi0QBxGoNeKQzQ3glMhwllF7oGDZxUhx1yxdYcz/e1JSbq3y6JMxxl8audkUEm0',
        ],
        [
          'a very much longer text to encrypt.  This one even stretches over morethan one line.',
          '$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1',
        ],
        [
          'the minimum number is still observed',
          '$6$rounds=1000$roundstoolow$kUMsbe306n21p9R.FRkW3IGn.S9NPN0x50YhH1xhLsPuWGsUSklZt58jaTfF4ZEQpyUNGc0dqbpBYYBaHHrsX.',
        ],
      ],
    },
    {
      source: 'passlib 1.7.4, tests/test_handlers.py',
      hashes: [
        ['', '$6$ojWH1AiTee9x1peC$QVEnTvRVlPRhcLQCk/HnHaZmlGAAjCfrAN0FtOsOnUk5K5Bn/9eLHHiRzrTzaIKjW9NTLNIBUCtNVOowWS2mN.'],
        [TABLE, '$6$rounds=40000$PEZTJDiyzV28M3.m$GTlnzfzGB44DGd1XqlmC4erAJKCP.rhvLvrYxiT38htrNzVGBnplFOHjejUGVrCfusGWxLQCc3pFO0A/1jYYr0'],
      ],
    },
    {
      source: 'openssl passwd -5 and -6 of OpenSSL 3.0.19; crypt() of libxcrypt 4.4.33 for 200 characters and for no salt',
      hashes: [
        ['Password1!', '$5$saltstr1$9TmfTNUfQwjintvIvv/z9n8NsM4zVSWL4BiW8BJPwn4'],
        ['Password1!', '$6$saltstr1$C1HgSuUDhpFTthycEBjuE6r5zkbfVBu1CmeTgdV6ftfHV9SEyMPkDN3KRnhmF7NXuR89Lsllg9w4B86.lePN0/'],
        ['x'.repeat(200), '$6$rounds=1000$x$RUYPQ4zzwuptrFunxuJxa0gzTqbHC0bpq3N6JQnN4.GAK0Pnht.7LvaqAhYu5H/Oe2wJUZvtzxPomR7JZ1w9s/'],
        ['x'.repeat(200), '$5$saltstring$rwq/JJiS514uBZM0XlgTBNTZFB6WIioWwq2E4Bl1FB1'],
        ['empty salt', '$5$$qu3REWa/3sl1BuquQ3B23Cna49jUWzQNbVo5saPx3d1'],
      ],
    },
  ],
  phpass: [
    { source: 'phpass 0.5, test.php', hashes: [['test12345', '$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0']] },
    {
      source: 'John the Ripper 1.7.9 and passlib 1.7.4, tests/test_handlers.py',
      hashes: [
        ['123456', '$H$9PE8jEklgZhgLmZl5.HYJAzfGCQtzi1'],
        ['JohnRipper', '$P$612345678si5M0DDyPpmRCmcltU/YW/'],
        ['JohnRipper', '$P$B12345678L6Lpt4BxNotVIMILOa9u81'],
        ['', '$P$7JaFQsPzJSuenezefD/3jHgt5hVfNH0'],
        [TABLE, '$P$7SMy8VxnfsIy2Sxm7fJxDSdil.h7TW.'],
      ],
    },
  ],
  drupal7: [
    {
      source: 'Hashcat 6, example_hashes, mode 7900',
      hashes: [['hashcat', '$S$C33783772bRXEx1aCsvY.dqgaaSu76XmVlKrW9Qu8IQlvxHlmzLf']],
    },
    {
      source: 'zitadel/passwap, internal/testvalues/drupal7.go (made by passlib); rife2, TestDrupalPassword',
      hashes: [
        ['password', '$S$ErandomsaOpYrAZqwxGynirQbWYCb3ejW4BwGH81LJcOzbzeVd02'],
        ['terry-SELL-niggling', '$S$D0jOAf3SWo8LZbI3hnATd81YG0Q7XzQ9.hxtRfgcAO74X2qplNME'],
      ],
    },
  ],
  md5: [
    {
      source: 'John the Ripper 1.7.9 and passlib 1.7.4, tests/test_handlers.py',
      hashes: [
        ['U*U*U*U*', '$1$dXc3I7Rw$ctlgjDdWJLMT.qwHsWhXR1'],
        ['', '$1$Eu.GHtia$CFkL/nE1BYTlEPiVx1VWX0'],
        ['4lpHa N|_|M3r1K W/ Cur5Es: #$%(*)(*%#', '$1$jQS7o98J$V6iTcr71CGgwW2laf17pi1'],
        [TABLE, '$1$d6/Ky1lU$/xpf8m7ftmWLF.TjHCqel0'],
      ],
    },
    {
      source: 'openssl passwd -1 of OpenSSL 3.0.19; crypt() of libxcrypt 4.4.33',
      hashes: [
        ['Password1!', '$1$saltstr1$KIjLXn.GDoSvRFJsM0h1z.'],
        ['Zürich 8001', '$1$saltstr1$5JO.D6XaEA0ZRAjFJKQfM0'],
      ],
    },
    {
      source: 'RFC 1321, appendix A.5',
      hashes: [
        ['message digest', 'f96b697d7cb7938d525a2f31aaf161d0'],
        ['', 'D41D8CD98F00B204E9800998ECF8427E'],
      ],
    },
    {
      source: 'zitadel/passwap, md5salted/md5salted_test.go',
      hashes: [
        ['Test1000!', '$md5salted-suffix$c2FsdA==$R58+SD/95ORa9VZ9BPS5FA=='],
        ['Test1000!', '$md5salted-prefix$c2FsdA==$0M2MYNUmNumHqqQ+kmuTUQ=='],
      ],
    },
  ],
};

for (const [name, sources] of Object.entries(vectors))
  for (const { source, hashes } of sources)
    test(`${name}: the passwords of ${source} fit, and others do not`, () => {
      for (const [password, encoded] of hashes) {
        const stored = readHash(encoded)?.stored;
        assert.ok(stored, encoded);
        assert.equal(stored.fits(password), true, encoded);
        assert.equal(stored.fits(`x${password}`), false, encoded);
      }
    });
