# watch.pl PORT SECONDS: says when datagrams begin to come to a port, and when the last came once there have been none for
# that long: "begun T", "ended T", in seconds of the clock that counts from the machine's start.
use strict;
use Socket;
$| = 1;
my ($port, $quiet) = @ARGV;
sub now { my $at = "\0" x 16; syscall(228, 1, $at); my ($s, $ns) = unpack 'q2', $at; return $s + $ns / 1e9 }
socket(my $server, AF_INET, SOCK_DGRAM, 17) or die $!;
bind($server, pack_sockaddr_in($port, INADDR_ANY)) or die $!;
print "ready\n";
my ($last, $begun) = (0, 0);
while (1) {
  vec(my $waiting = '', fileno($server), 1) = 1;
  if (select($waiting, undef, undef, $quiet)) {
    recv($server, my $datagram, 64, 0);
    $last = now();
    printf "begun %.6f\n", $last unless $begun;
    $begun = 1;
  } elsif ($begun) {
    printf "ended %.6f\n", $last;
    $begun = 0;
  }
}
