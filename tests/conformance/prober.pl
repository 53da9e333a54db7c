# One prober per network namespace. Sends the IP packets that come on stdin, each behind its length in two bytes, and
# writes to stdout the number of every probe that has arrived here, four bytes each.
#
# Raw sockets hear what the packet filter let through to this host, behind INPUT. A probe ends in a mark and its number.
use strict;
use warnings;
use Socket qw(AF_INET AF_INET6 SOCK_RAW SOL_SOCKET IPPROTO_IP IPPROTO_IPV6 IP_MULTICAST_LOOP IPV6_MULTICAST_LOOP
    MSG_DONTWAIT pack_sockaddr_in pack_sockaddr_in6);

use constant { RAW => 255, SNDBUFFORCE => 32, RCVBUFFORCE => 33, BUFFER => 64 << 20 };

sub raw {
    my ($family, $protocol) = @_;
    socket(my $socket, $family, SOCK_RAW, $protocol) or die "socket($family, $protocol): $!";
    for my $option (SNDBUFFORCE, RCVBUFFORCE) {
        setsockopt($socket, SOL_SOCKET, $option, pack('i', BUFFER)) or die "setsockopt: $!";
    }
    return $socket;
}

my ($out4, $out6) = (raw(AF_INET, RAW), raw(AF_INET6, RAW));
# A sender does not hear its own multicast.
setsockopt($out4, IPPROTO_IP, IP_MULTICAST_LOOP, pack('i', 0)) or die "setsockopt: $!";
setsockopt($out6, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, pack('i', 0)) or die "setsockopt: $!";
my @in = map { my $protocol = $_; map { raw($_, $protocol) } AF_INET, AF_INET6 } @ARGV;

sub transmit {
    my ($packet) = @_;
    my $six = ord($packet) >> 4 == 6;
    my $address = substr($packet, $six ? 24 : 16, $six ? 16 : 4);
    my $to = $six ? pack_sockaddr_in6(0, $address) : pack_sockaddr_in(0, $address);
    defined send($six ? $out6 : $out4, $packet, 0, $to) or die 'send ' . unpack('H*', $packet) . ": $!";
}

# What has arrived since the last time: probes, and barriers apart from them.
sub drain {
    my ($probes, $barriers) = ('', '');
    for my $socket (@in) {
        while (defined recv($socket, my $packet, 2048, MSG_DONTWAIT)) {
            my $mark = substr($packet, -8, 4);
            if ($mark eq 'prb!') { $probes .= substr($packet, -4) }
            elsif ($mark eq 'bar!') { $barriers .= substr($packet, -4) }
        }
    }
    return ($probes, $barriers);
}

# A barrier says that all sent before it has been told: so it waits until every socket was read once more after it.
sub report {
    my ($report, $held, $probes, $barriers) = ('', '');
    do {
        ($probes, $barriers) = drain();
        $report .= $probes . $held;
        $held = $barriers;
    } while ($probes ne '' || $held ne '');
    for (my $done = 0; $done < length $report;) { $done += syswrite(STDOUT, $report, length($report) - $done, $done) // die "write: $!" }
}

my $interest = '';
vec($interest, fileno($_), 1) = 1 for \*STDIN, @in;
syswrite(STDOUT, pack('N', 0));
my $pending = '';
while (1) {
    select(my $ready = $interest, undef, undef, undef);
    if (vec($ready, fileno(STDIN), 1)) {
        sysread(STDIN, $pending, 1 << 20, length $pending) or exit;
        my $at = 0;
        while (length($pending) >= $at + 2) {
            my $length = unpack('n', substr($pending, $at, 2));
            last if length($pending) < $at + 2 + $length;
            transmit(substr($pending, $at + 2, $length));
            $at += 2 + $length;
        }
        substr($pending, 0, $at) = '';
    }
    report();
}
