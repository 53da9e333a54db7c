# send.pl ADDRESS PORT SECONDS: sends a datagram every so many seconds, until it is killed.
use strict;
use Socket;
$| = 1;
my ($address, $port, $seconds) = @ARGV;
my $to = pack_sockaddr_in($port, inet_aton($address));
socket(my $client, AF_INET, SOCK_DGRAM, 17) or die $!;
print "ready\n";
# Whether it arrives is for watch.pl to say.
while (1) { send($client, 'x', 0, $to); select(undef, undef, undef, $seconds) }
