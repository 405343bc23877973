"""What healthy software writes, by style: message forms with slots, the common ones first.

Each line is one form; `¶` begins a continuation line. Among them are the ordinary troubles of every day
(a reset connection, a missing page, a wrong password): a rule that fires on those is too general.
"""

from __future__ import annotations

LOG4J = """\
INFO  [{thread}] [{cls}] Processed {n} items in {ms} ms
DEBUG [{thread}] [{cls}] cache lookup key={id8} hit=true
INFO  [{thread}] [{cls}] User {user} logged in from {ip}
INFO  [{thread}] [{cls}] GET {path} 200 {ms} ms
DEBUG [{thread}] [{cls}] Opening connection to {host}:{port}
INFO  [{thread}] [{cls}] Scheduled job {word}-sync finished, {n} records, 0 errors
INFO  [{thread}] [{cls}] Connection pool {word}: active={s} idle={s} waiting=0
DEBUG [{thread}] [{cls}] Executing query: select id, name from {table} where id = {n}
INFO  [{thread}] [{cls}] Deleted {n} expired sessions
WARN  [{thread}] [{cls}] Slow request: {path} took {ms}0 ms
INFO  [{thread}] [{cls}] Indexing finished: {n} documents, {mb} MB
INFO  [{thread}] [{cls}] Plugin com.example.{word} {ver} enabled
INFO  [{thread}] [{cls}] Reloaded configuration from /etc/{word}/app.properties
WARN  [{thread}] [{cls}] Login failed for user '{user}': invalid credentials (401)
DEBUG [{thread}] [{cls}] LDAP search ou=people,dc=example,dc=com returned {s} entries
INFO  [{thread}] [{cls}] LDAP directory synchronisation complete, ldap://{host}:389, {n} users
INFO  [{thread}] [{cls}] GC pause (young) {mb}M->{mb}M, {ms} ms
WARN  [{thread}] [{cls}] Retrying request to {host} after timeout (attempt 1 of 3)
INFO  [{thread}] [{cls}] Mail sent to {user}@example.com, message {uuid}
WARN  [{thread}] [{cls}] Deprecated property {word}.timeout is set; use {word}.timeout.seconds
INFO  [{thread}] [{cls}] Started in {s}.{ms} seconds, {s} cores, heap {mb} MB
WARN  [{thread}] [{cls}] Client aborted: java.io.IOException: Broken pipe
WARN  [{thread}] [{cls}] Connection reset by peer while reading {path}
INFO  [{thread}] [{cls}] Queue depth {s}, oldest entry {ms} ms
INFO  [{thread}] [{cls}] Backup of {db} completed, {mb} MB written
INFO  [{thread}] [{cls}] Registry refreshed: {s} services, {s} instances
ERROR [{thread}] [{cls}] Could not parse date '{word}', using default
WARN  [{thread}] [{cls}] Attachment {word}.pdf rejected: file type not allowed
INFO  [{thread}] [{cls}] Certificate for {host} expires in {s} days
INFO  [{thread}] [{cls}] Leader election: node {host} is leader, term {s}
ERROR [{thread}] [{cls}] Request {uuid} failed: 404 not found
WARN  [{thread}] [{cls}] Unexpected end of stream from {ip}¶java.io.EOFException: null¶\
	at com.example.net.Reader.read(Reader.java:{s})¶	at com.example.net.Session.run(Session.java:{s})
ERROR [{thread}] [{cls}] Import row {n} skipped¶java.lang.NumberFormatException: For input string: "{word}"¶\
	at java.base/java.lang.Integer.parseInt(Integer.java:652)¶	at \
com.example.io.RowReader.next(RowReader.java:88)¶\
	... {s} more
WARN  [{thread}] [{cls}] Connection refused (Connection refused) by {host}:{port}, retrying in {s} s
WARN  [{thread}] [{cls}] Optimistic lock on {table} {n}, retried
"""

HDFS = """\
INFO dfs.DataNode$DataXceiver: Receiving block blk_{n}{n} src: /{ip}:{port} dest: /{ip}:50010
INFO dfs.FSNamesystem: BLOCK* NameSystem.addStoredBlock: blockMap updated: {ip}:50010 is added to blk_{n} \
size {n}
INFO dfs.DataNode$PacketResponder: PacketResponder {s} for block blk_{n}{n} terminating
INFO dfs.DataNode$PacketResponder: Received block blk_{n}{n} of size {n} from /{ip}
INFO dfs.FSNamesystem: BLOCK* NameSystem.delete: blk_{n}{n} is added to invalidSet of {ip}:50010
INFO dfs.FSDataset: Deleting block blk_{n}{n} file /mnt/data/current/subdir{s}/blk_{n}
INFO dfs.DataBlockScanner: Verification succeeded for blk_{n}{n}
INFO dfs.DataNode$DataXceiver: {ip}:50010 Served block blk_{n}{n} to /{ip}
INFO dfs.FSNamesystem: BLOCK* NameSystem.allocateBlock: /user/{user}/part-{n}. blk_{n}
WARN dfs.DataNode$DataXceiver: {ip}:50010:Got exception while serving blk_{n} to /{ip}:
INFO dfs.FSNamesystem: Roll Edit Log from {ip}
INFO mapred.JobTracker: Adding task 'attempt_{n}_0001_m_{n}_0' to tip task_{n}, for tracker '{host}'
INFO mapred.TaskTracker: attempt_{n}_0001_r_{n}_0 {s}.{s}% reduce > copy
INFO namenode.FSImage: Image file of size {n} saved in {s} seconds
INFO ipc.Server: IPC Server handler {s} on 9000: starting
WARN ipc.Client: Retrying connect to server: {host}/{ip}:9000. Already tried 0 time(s)
INFO balancer.Balancer: {s} under-utilised: {s} nodes, need to move {mb} MB
INFO zookeeper.ZooKeeper: Session establishment complete on server {host}, sessionid = 0x{id8}
INFO executor.Executor: Finished task {s}.0 in stage {s}.0 (TID {n}). {n} bytes result sent to driver
INFO storage.BlockManager: Found block rdd_{s}_{s} locally
INFO storage.MemoryStore: Block broadcast_{s} stored as values in memory (estimated size {mb} KB)
INFO scheduler.TaskSetManager: Starting task {s}.0 in stage {s}.0 (TID {n}, {host}, partition {s})
"""

KLOG = """\
I{klog} {pid} controller.go:{s}] Starting reconcile for {ns}/{pod}
I{klog} {pid} reflector.go:{s}] Watch close - *v1.{kind} total {s} items received
I{klog} {pid} kubelet.go:{s}] "SyncLoop UPDATE" source="api" pods=["{ns}/{pod}"]
I{klog} {pid} scheduler.go:{s}] "Successfully bound pod to node" pod="{ns}/{pod}" node="{host}" \
evaluatedNodes={s}
I{klog} {pid} event.go:{s}] Event(v1.ObjectReference{Kind:"Pod", Name:"{pod}"}): type: 'Normal' reason: \
'Pulled'
I{klog} {pid} event.go:{s}] Event(v1.ObjectReference{Kind:"Pod", Name:"{pod}"}): type: 'Normal' reason: \
'Started'
I{klog} {pid} garbagecollector.go:{s}] "Deleting object" objectUID={uuid} kind="ReplicaSet"
I{klog} {pid} leaderelection.go:{s}] successfully acquired lease kube-system/{word}
I{klog} {pid} httplog.go:{s}] "HTTP" verb="GET" URI="/api/v1/pods?limit={n}" latency="{ms}ms" resp=200
W{klog} {pid} warnings.go:{s}] policy/v1beta1 PodSecurityPolicy is deprecated in v1.21+
I{klog} {pid} proxier.go:{s}] "Syncing iptables rules" ipFamily="IPv4" services={s} endpoints={s}
I{klog} {pid} kuberuntime_manager.go:{s}] "Created container" pod="{ns}/{pod}" \
containerID="containerd://{uuid}"
I{klog} {pid} image_gc_manager.go:{s}] "Image garbage collection: disk usage below threshold" usage={s} \
highThreshold=85
I{klog} {pid} replica_set.go:{s}] "Too few replicas" replicaSet="{ns}/{word}" need={s} creating=1
I{klog} {pid} node_controller.go:{s}] Node {host} ReadyCondition updated
W{klog} {pid} reflector.go:{s}] watch of *v1.ConfigMap ended with: an error on the server ("unable to decode")
I{klog} {pid} cert_rotation.go:{s}] Certificate rotation: next check in {s}h, certificate is valid
E{klog} {pid} dispatcher.go:{s}] failed to call webhook once, trying again: Post "https://{word}.{ns}.svc": \
EOF
W{klog} {pid} prober.go:{s}] "Probe failed" probeType="Readiness" pod="{ns}/{pod}" probeResult="failure"
I{klog} {pid} prober.go:{s}] "Probe succeeded" probeType="Readiness" pod="{ns}/{pod}"
I{klog} {pid} horizontal.go:{s}] Successful rescale of {word}, old size: {s}, new size: {s}, reason: cpu \
resource utilization
I{klog} {pid} operation_generator.go:{s}] "MountVolume.SetUp succeeded for volume \\"{word}\\"" \
pod="{ns}/{pod}"
I{klog} {pid} endpoints_controller.go:{s}] Finished syncing service "{ns}/{word}" endpoints. ({ms}ms)
E{klog} {pid} reflector.go:{s}] Unhandled Error: context canceled
W{klog} {pid} request.go:{s}] client-side throttling: context deadline exceeded once, retried
I{klog} {pid} authentication.go:{s}] "Unable to authenticate the request" err="invalid bearer token, 401"
I{klog} {pid} trace.go:{s}] Trace[{n}]: "List" url:/api/v1/secrets ({ms}ms)
I{klog} {pid} clientconn.go:{s}] [core] [Channel #{s} SubChannel #{s}] Subchannel Connectivity change to READY
"""

SYSLOG = """\
{host} systemd[1]: Started {word}.service - {word} daemon.
{host} CRON[{n}]: ({user}) CMD (/usr/local/bin/{word} --quiet)
{host} sshd[{n}]: Accepted publickey for {user} from {ip} port {port} ssh2: RSA SHA256:{id8}
{host} sshd[{n}]: Failed password for invalid user {user} from {ip} port {port} ssh2
{host} sshd[{n}]: Connection closed by authenticating user {user} {ip} port {port} [preauth]
{host} systemd[1]: {word}.service: Deactivated successfully.
{host} systemd[1]: Finished {word}.service - Rotate log files.
{host} systemd-logind[{n}]: New session {s} of user {user}.
{host} kernel: [{n}.{n}] eth0: link up, 1000 Mbps, full duplex
{host} kernel: [{n}.{n}] audit: type=1400 apparmor="ALLOWED" operation="open" name="/proc/{n}/mem"
{host} dhclient[{n}]: DHCPACK of {ip} from {ip}
{host} postfix/smtp[{n}]: {id8}: to=<{user}@example.com>, relay={host}, delay={s}, status=sent (250 OK)
{host} postfix/smtpd[{n}]: connect from unknown[{ip}]
{host} postfix/smtpd[{n}]: lost connection after EHLO from unknown[{ip}]
{host} ntpd[{n}]: synchronized to {ip}, stratum 2
{host} sudo: {user} : TTY=pts/{s} ; PWD=/home/{user} ; USER=root ; COMMAND=/usr/bin/{word}
{host} sshd[{n}]: pam_unix(sshd:session): session opened for user {user} by (uid=0)
{host} sshd[{n}]: pam_unix(sshd:auth): authentication failure; logname= uid=0 tty=ssh rhost={ip} user={user}
{host} sshd[{n}]: fatal: Read from socket failed: Connection reset by peer [preauth]
{host} named[{n}]: client @0x{id8} {ip}#{port}: query (cache) 'example.com/A/IN' denied
{host} named[{n}]: zone example.com/IN: sending notifies (serial {n})
{host} dockerd[{n}]: time="{iso}" level=info msg="Container {id8} health status changed to healthy"
{host} containerd[{n}]: time="{iso}" level=info msg="StopPodSandbox for {id8} returns successfully"
{host} NetworkManager[{n}]: <info>  [{n}.{n}] dhcp4 (eth0): state changed bound -> renewed
{host} smartd[{n}]: Device: /dev/sda, SMART Usage Attribute: 194 Temperature_Celsius changed from {s} to {s}
{host} rsyslogd: [origin software="rsyslogd" swVersion="{ver}" x-pid="{n}"] rsyslogd was HUPed
{host} systemd[1]: Starting apt-daily.service - Daily apt download activities...
{host} systemd-resolved[{n}]: Server returned error NXDOMAIN, mitigating potential DNS violation
{host} slapd[{n}]: conn={n} op=1 SRCH base="dc=example,dc=com" scope=2 deref=0 filter="(uid={user})"
{host} haproxy[{n}]: {ip}:{port} [{iso}] web web/{word} 0/0/1/{ms}/{ms} 200 {n} - - ---- {s}/{s}/0/0/0 0/0
{host} haproxy[{n}]: Health check for server web/{word} succeeded, reason: Layer7 check passed, code: 200
{host} su: pam_unix(su-l:session): session closed for user {user}
{host} logrotate[{n}]: rotating pattern: /var/log/{word}/*.log weekly (4 rotations)
"""

NGINX_ACCESS = """\
{ip} - - [{clf}] "GET {path} HTTP/1.1" 200 {n} "-" "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Firefox/128.0"
{ip} - {user} [{clf}] "GET {path}?page={s} HTTP/2.0" 200 {n} "https://www.example.com/" "Mozilla/5.0 \
Chrome/126.0"
{ip} - - [{clf}] "GET /static/{word}.{id8}.js HTTP/1.1" 304 0 "-" "Mozilla/5.0 Safari/605.1.15"
{ip} - - [{clf}] "POST /api/v{s}/{word} HTTP/1.1" 201 {n} "-" "python-requests/2.32"
{ip} - - [{clf}] "GET /healthz HTTP/1.1" 200 2 "-" "kube-probe/1.29"
{ip} - - [{clf}] "GET /favicon.ico HTTP/1.1" 404 153 "-" "Mozilla/5.0"
{ip} - - [{clf}] "GET /login?next={path} HTTP/1.1" 302 0 "-" "Mozilla/5.0"
{ip} - - [{clf}] "GET /api/v{s}/users/{n} HTTP/1.1" 401 {s} "-" "curl/8.7.1"
{ip} - - [{clf}] "GET /wp-login.php HTTP/1.1" 404 153 "-" "-"
{ip} - - [{clf}] "DELETE /api/v{s}/{word}/{n} HTTP/1.1" 204 0 "-" "okhttp/4.12"
{ip} - - [{clf}] "GET /admin HTTP/1.1" 403 153 "-" "Mozilla/5.0"
{ip} - - [{clf}] "GET /downloads/{word}-{ver}.tar.gz HTTP/1.1" 206 {n} "-" "Wget/1.21"
{ip} - - [{clf}] "GET /robots.txt HTTP/1.1" 200 67 "-" "Googlebot/2.1"
{ip} - - [{clf}] "HEAD / HTTP/1.0" 200 0 "-" "monitor/1.0"
{ip} - - [{clf}] "GET {path} HTTP/1.1" 499 0 "-" "Mozilla/5.0"
{ip} - - [{clf}] "GET {path} HTTP/1.1" 500 {n} "-" "Mozilla/5.0"
{ip} - - [{clf}] "GET {path} HTTP/1.1" 502 157 "-" "Mozilla/5.0"
{ip} - - [{clf}] "PROPFIND / HTTP/1.1" 405 {s} "-" "-"
{ip} - - [{clf}] "\\x16\\x03\\x01\\x00\\xEE" 400 157 "-" "-"
"""

NGINX_ERROR = """\
[notice] {pid}#{pid}: signal process started
[notice] {pid}#{pid}: using the "epoll" event method
[notice] {pid}#{pid}: start worker process {n}
[error] {pid}#{pid}: *{n} open() "/srv/www{path}" failed (2: No such file or directory), client: {ip}
[info] {pid}#{pid}: *{n} client {ip} closed keepalive connection
[notice] {pid}#{pid}: signal 1 (SIGHUP) received from {n}, reconfiguring
[warn] {pid}#{pid}: *{n} a client request body is buffered to a temporary file /tmp/{n}, client: {ip}
[warn] {pid}#{pid}: *{n} an upstream response is buffered to a temporary file /tmp/{n} while reading upstream
[error] {pid}#{pid}: *{n} access forbidden by rule, client: {ip}, server: www.example.com
[info] {pid}#{pid}: *{n} client timed out (110: Connection timed out) while waiting for request, client: {ip}
[notice] {pid}#{pid}: gracefully shutting down
[notice] {pid}#{pid}: exit
[notice] {pid}#{pid}: worker process {n} exited with code 0
[error] {pid}#{pid}: *{n} user "{user}": password mismatch, client: {ip}, server: {host}
[info] {pid}#{pid}: *{n} SSL_do_handshake() failed (SSL: error:0A00006C:bad key share) while SSL handshaking
[error] {pid}#{pid}: *{n} recv() failed (104: Connection reset by peer) while reading response header, \
client: {ip}
[error] {pid}#{pid}: *{n} directory index of "/srv/www/{word}/" is forbidden, client: {ip}
[notice] {pid}#{pid}: OCSP response: certificate status "good", next update in {s} hours
[info] {pid}#{pid}: *{n} client prematurely closed connection while sending request, client: {ip}
[error] {pid}#{pid}: *{n} limiting requests, excess: {s}.{ms} by zone "{word}", client: {ip}
[info] {pid}#{pid}: *{n} client sent invalid request while reading client request line, client: {ip}
"""

APACHE_ERROR = """\
[core:notice] [pid {pid}] AH00094: Command line: '/usr/sbin/apache2'
[mpm_event:notice] [pid {pid}:tid {n}] AH00489: Apache/2.4.{s} (Unix) configured -- resuming normal operations
[authz_core:error] [pid {pid}:tid {n}] [client {ip}:{port}] AH01630: client denied by server configuration: \
/srv{path}
[core:info] [pid {pid}:tid {n}] [client {ip}:{port}] AH00128: File does not exist: /srv/www{path}
[ssl:info] [pid {pid}:tid {n}] [client {ip}:{port}] AH01964: Connection to child {s} established (server \
{host}:443)
[proxy:debug] [pid {pid}:tid {n}] proxy_util.c({n}): AH00942: HTTP: has acquired connection for ({host})
[auth_basic:error] [pid {pid}:tid {n}] [client {ip}:{port}] AH01618: user {user} not found: {path}
[mpm_event:notice] [pid {pid}:tid {n}] AH00493: SIGUSR1 received.  Doing graceful restart
[negotiation:error] [pid {pid}:tid {n}] [client {ip}:{port}] AH00687: Negotiation: no acceptable variant: \
/srv{path}
[core:error] [pid {pid}:tid {n}] [client {ip}:{port}] AH00126: Invalid URI in request GET /{word}/../../ \
HTTP/1.1
[ssl:warn] [pid {pid}:tid {n}] AH01909: {host}:443:0 server certificate does NOT include an ID which matches
[reqtimeout:info] [pid {pid}:tid {n}] [client {ip}:{port}] AH01382: Request header read timeout
[php:notice] [pid {pid}:tid {n}] [client {ip}:{port}] PHP Notice:  Undefined index: {word} in \
/srv/www/{word}.php
[php:warn] [pid {pid}:tid {n}] [client {ip}:{port}] PHP Deprecated:  Function {word}() is deprecated
[cache:debug] [pid {pid}:tid {n}] AH00750: Adding CACHE_SAVE filter for {path}
[authnz_ldap:debug] [pid {pid}:tid {n}] AH01697: auth_ldap authenticate: accepting {user}
[dav:error] [pid {pid}:tid {n}] [client {ip}:{port}] Could not LOCK {path} due to a failed precondition (412)
"""

POSTGRESQL = """\
[{pid}] {user}@{db} LOG:  duration: {ms}.{ms} ms  statement: SELECT * FROM {table} WHERE id = {n}
[{pid}] LOG:  checkpoint starting: time
[{pid}] LOG:  checkpoint complete: wrote {n} buffers ({s}.{s}%); 0 WAL file(s) added, {s} removed, {s} \
recycled
[{pid}] [unknown]@[unknown] LOG:  connection received: host={ip} port={port}
[{pid}] {user}@{db} LOG:  connection authorized: user={user} database={db} application_name={word}
[{pid}] {user}@{db} LOG:  disconnection: session time: 0:0{s}:{s}.{ms} user={user} database={db} host={ip}
[{pid}] LOG:  automatic vacuum of table "{db}.public.{table}": index scans: 1
[{pid}] LOG:  automatic analyze of table "{db}.public.{table}" system usage: CPU: user: 0.0{s} s
[{pid}] {user}@{db} ERROR:  duplicate key value violates unique constraint "{table}_pkey"¶\
	DETAIL:  Key (id)=({n}) already exists.
[{pid}] {user}@{db} ERROR:  syntax error at or near "{word}" at character {s}
[{pid}] {user}@{db} ERROR:  relation "{word}" does not exist at character {s}
[{pid}] {user}@{db} FATAL:  password authentication failed for user "{user}"
[{pid}] {user}@{db} LOG:  could not receive data from client: Connection reset by peer
[{pid}] {user}@{db} ERROR:  canceling statement due to user request
[{pid}] {user}@{db} LOG:  temporary file: path "base/pgsql_tmp/pgsql_tmp{n}.0", size {n}
[{pid}] LOG:  received SIGHUP, reloading configuration files
[{pid}] LOG:  parameter "work_mem" changed to "{mb}MB"
[{pid}] {user}@{db} LOG:  unexpected EOF on client connection with an open transaction
[{pid}] {user}@{db} ERROR:  permission denied for table {table}
[{pid}] {user}@{db} WARNING:  there is no transaction in progress
[{pid}] LOG:  database system is ready to accept connections
[{pid}] {user}@{db} ERROR:  deadlock detected¶	DETAIL:  Process {n} waits for ShareLock on transaction {n}.¶\
	HINT:  See server log for query details.
[{pid}] {user}@{db} ERROR:  null value in column "{word}" of relation "{table}" violates not-null constraint
[{pid}] LOG:  restartpoint complete: wrote {n} buffers ({s}.{s}%); write={s}.{ms} s, sync=0.0{s} s
"""
