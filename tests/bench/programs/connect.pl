# connect.pl ADDRESS PORT COUNT: opens TCP connections one after the other, each from a port of its own, and resets each;
# prints how many a second. The handshake goes through bridge and rules within the call that opens.
use strict;
use Socket;
my ($address, $port, $count) = @ARGV;
my $to = pack_sockaddr_in($port, inet_aton($address));
my $reset = pack 'ii', 1, 0;
# CLOCK_MONOTONIC by its number: perl-base has no module that does it.
sub now { my $at = "\0" x 16; syscall(228, 1, $at); my ($s, $ns) = unpack 'q2', $at; return $s + $ns / 1e9 }
my $began = now();
for (1 .. $count) {
  socket(my $client, AF_INET, SOCK_STREAM, 6) or die $!;
  setsockopt($client, SOL_SOCKET, SO_LINGER, $reset);
  connect($client, $to) or die $!;
  close $client;
}
printf "%.1f\n", $count / (now() - $began);
