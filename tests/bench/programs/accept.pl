# accept.pl PORT: takes TCP connections and ends them at once, until it is killed.
use strict;
use Socket;
$| = 1;
my ($port) = @ARGV;
socket(my $server, AF_INET, SOCK_STREAM, 6) or die $!;
setsockopt($server, SOL_SOCKET, SO_REUSEADDR, 1);
bind($server, pack_sockaddr_in($port, INADDR_ANY)) or die $!;
listen($server, 4096) or die $!;
print "ready\n";
# One that its client has reset meanwhile is no reason to stop.
while (1) {
  accept(my $client, $server) or next;
  close $client;
}
