"""What healthy software writes, the other half of the styles: message forms with slots."""

from __future__ import annotations

JSON_LINES = """\
"level":"info","service":"{word}","msg":"request handled","path":"{path}","status":200,"duration_ms":{ms}}
"level":"debug","service":"{word}","msg":"cache hit","key":"{id8}","trace_id":"{uuid}"}
"level":"info","service":"{word}","msg":"message consumed","topic":"{word}","partition":{s},"offset":{n}}
"level":"info","service":"{word}","msg":"job finished","job":"{word}","took":"{ms}ms","errors":0}
"level":"warn","service":"{word}","msg":"slow query","sql":"select * from {table}","ms":{n}}
"level":"info","service":"{word}","msg":"user signed in","user":"{user}","ip":"{ip}"}
"level":"warn","service":"{word}","msg":"upstream timeout, will retry","host":"{host}","attempt":1}
"level":"error","service":"{word}","msg":"validation failed","field":"{word}","status":400,"path":"{path}"}
"level":"info","service":"{word}","msg":"token refreshed","client":"{word}","expires_in":3600}
"level":"warn","service":"{word}","msg":"unauthorized","status":401,"path":"{path}","ip":"{ip}"}
"level":"info","service":"registry","msg":"manifest pulled","repository":"{word}/{word}","tag":"{ver}"}
"level":"info","service":"gateway","msg":"route added","prefix":"/{word}","cluster":"{word}"}
"level":"error","service":"gateway","msg":"upstream reset","status":502,"path":"{path}","retry":true}
"level":"info","service":"{word}","msg":"deleted stale rows","table":"{table}","rows":{n}}
"level":"info","service":"{word}","msg":"quota checked","tenant":"{user}","used_pct":{s}}
"level":"info","service":"{word}","msg":"shutdown requested, draining connections","active":{s}}
"level":"warn","service":"{word}","msg":"rate limited","status":429,"client":"{ip}","limit":{n}}
"s":"I","c":"NETWORK","id":22943,"ctx":"listener","msg":"Connection accepted","attr":{"remote":"{ip}:{port}"}}
"s":"I","c":"NETWORK","id":22944,"ctx":"conn{n}","msg":"Connection ended","attr":{"remote":"{ip}:{port}"}}
"s":"I","c":"COMMAND","id":51803,"ctx":"conn{n}","msg":"Slow query","attr":{"ns":"{db}.{table}","ms":{ms}}}
"s":"I","c":"STORAGE","id":22430,"ctx":"Checkpointer","msg":"WiredTiger \
message","attr":{"message":"checkpoint {n}"}}
"level":"info","service":"audit","msg":"permission \
granted","user":"{user}","resource":"{word}","action":"read"}
"level":"warn","service":"audit","msg":"permission \
denied","user":"{user}","resource":"{word}","action":"write"}
"level":"info","service":"{word}","msg":"certificate renewed","host":"{host}","days":90}
"""

LOGFMT = """\
level=info msg="request completed" method=GET path={path} status=200 duration={ms}ms
level=info caller=compact.go:{s} component=tsdb msg="write block" mint={n} maxt={n} duration={s}.{ms}s
level=info caller=head.go:{s} component=tsdb msg="Head GC completed" duration={ms}ms
level=debug caller=cache.go:{s} msg="cache refresh" entries={n}
level=info caller=main.go:{s} msg="Completed loading of configuration file" filename=/etc/{word}.yml
level=warn caller=scrape.go:{s} component="scrape manager" target=http://{host}/metrics msg="Scrape slow" \
took={s}s
level=info component=rule_manager msg="rule group evaluated" group={word} rules={s}
level=info caller=dispatch.go:{s} component=dispatcher msg="flushing" aggrGroup={word}
level=warn msg="retrying" host={host} attempt=1 err="dial tcp {ip}:{port}: i/o timeout"
level=info logger=context userId={s} orgId=1 uname={user} msg="Request Completed" method=GET status=200 \
time_ms={ms}
level=info logger=context userId=0 orgId=0 msg="Request Completed" method=POST path=/login status=401 \
time_ms={ms}
level=info logger=cleanup msg="Completed cleanup jobs" duration={ms}.{ms}ms
level=info logger=provisioning.dashboard msg="finished to provision dashboards"
level=error msg="failed to parse duration" field={word} value="{word}" default=30s
level=info msg="snapshot saved" index={n} term={s} size={mb}MB
level=info msg="compaction finished" revision={n} took={ms}ms
level=info msg="peer became active" peer={id8} stream=core
level=warn msg="apply request took too long" took={ms}ms expected-duration=100ms prefix=read-only
level=info msg="token issued" subject={user} audience={word} ttl=1h
level=info msg="lease renewed" holder={host} ns={ns}
level=error msg="request failed" path={path} status=502 err="EOF"
level=info msg="gc finished" repository={word} blobs={n} freed={mb}MB
level=info msg="alert resolved" alertname={word} receiver=mail
"""

TOMCAT = """\
INFO [{thread}] org.apache.catalina.startup.HostConfig.deployWAR Deploying web application archive \
[/opt/{word}.war]
INFO [main] org.apache.coyote.AbstractProtocol.start Starting ProtocolHandler ["http-nio-8080"]
INFO [main] org.apache.catalina.startup.Catalina.start Server startup in [{n}] milliseconds
INFO [{thread}] org.apache.catalina.core.ApplicationContext.log {word}: initialised
INFO [{thread}] org.apache.jasper.servlet.TldScanner.scanJars At least one JAR was scanned for TLDs yet \
contained none
WARNING [{thread}] org.apache.catalina.util.SessionIdGeneratorBase.createSecureRandom Creation took [{ms}] ms
INFO [{thread}] org.apache.coyote.http11.Http11Processor.service Error parsing HTTP request header¶\
 Note: further occurrences of HTTP request parsing errors will be logged at DEBUG level.
INFO [main] org.apache.catalina.core.StandardService.startInternal Starting service [Catalina]
INFO [main] org.apache.catalina.core.StandardEngine.startInternal Starting Servlet engine: [Apache \
Tomcat/9.0.{s}]
INFO [{thread}] com.example.{word}.Worker.run {n} rows synchronised in {ms} ms
FINE [{thread}] com.example.{word}.Cache.evict cache eviction: {s} entries
WARNING [{thread}] com.example.{word}.Client.call Read timed out, retrying {host}
INFO [{thread}] hudson.WebAppMain$3.run Jenkins is fully up and running
INFO [{thread}] hudson.model.AsyncPeriodicWork.lambda$doRun$1 Finished {word} clean-up. {ms} ms
INFO [{thread}] jenkins.InitReactorRunner$1.onAttained Completed initialization
WARNING [{thread}] hudson.security.csrf.CrumbFilter.doFilter No valid crumb was included in request for {path}
INFO [{thread}] hudson.slaves.NodeProvisioner.update {word}-{s} provisioning successfully completed
INFO [{thread}] org.apache.catalina.core.StandardServer.await A valid shutdown command was received
INFO [{thread}] org.apache.tomcat.util.http.parser.Cookie.logInvalidHeader A cookie header was received \
[{word}={id8}; {n}]
SEVERE [{thread}] com.example.{word}.Form.read Could not read field {word}¶\
	java.lang.IllegalArgumentException: {word}¶		at com.example.Form.read(Form.java:{s})
INFO [{thread}] org.apache.kafka.clients.consumer.internals.AbstractCoordinator.onJoin Successfully joined \
group {word}
"""

REDIS = """\
{pid}:M {rdb} * {n} changes in 60 seconds. Saving...
{pid}:M {rdb} * Background saving started by pid {n}
{pid}:C {rdb} * DB saved on disk
{pid}:C {rdb} * Fork CoW for RDB: current {s} MB, peak {s} MB, average {s} MB
{pid}:M {rdb} * Background saving terminated with success
{pid}:M {rdb} - DB 0: {n} keys ({n} volatile) in {n} slots HT.
{pid}:M {rdb} - {s} clients connected ({s} replicas), {n} bytes in use
{pid}:M {rdb} - Accepted {ip}:{port}
{pid}:M {rdb} - Client closed connection id={n} addr={ip}:{port} flags=N db=0 cmd=get
{pid}:M {rdb} * Background append only file rewriting started by pid {n}
{pid}:M {rdb} * Background AOF rewrite finished successfully
{pid}:S {rdb} * MASTER <-> REPLICA sync: Finished with success
{pid}:S {rdb} * Connecting to MASTER {ip}:6379
{pid}:M {rdb} * Replica {ip}:6379 asks for synchronization
{pid}:M {rdb} * Synchronization with replica {ip}:6379 succeeded
{pid}:M {rdb} # Server initialized
{pid}:M {rdb} * Ready to accept connections
{pid}:X {rdb} * +convert-to-slave slave {ip}:6379 {ip} 6379 @ {word} {ip} 6379
{pid}:M {rdb} # User requested shutdown...
{pid}:M {rdb} # WARNING: The TCP backlog setting of 511 cannot be enforced because somaxconn is set to 128.
{pid}:M {rdb} # Client id={n} addr={ip}:{port} flags=N closed: idle timeout
"""

RABBITMQ = """\
[info] <0.{n}.0> accepting AMQP connection <0.{n}.0> ({ip}:{port} -> {ip}:5672)
[info] <0.{n}.0> connection <0.{n}.0> ({ip}:{port} -> {ip}:5672): user '{user}' authenticated and granted \
access to vhost '/'
[info] <0.{n}.0> closing AMQP connection <0.{n}.0> ({ip}:{port} -> {ip}:5672, vhost: '/', user: '{user}')
[info] <0.{n}.0> Management plugin: HTTP (non-TLS) listener started on port 15672
[info] <0.{n}.0> Server startup complete; {s} plugins started.
[info] <0.{n}.0> rabbit on node rabbit@{host} up
[warning] <0.{n}.0> closing AMQP connection <0.{n}.0> ({ip}:{port} -> {ip}:5672, vhost: '/', user: \
'{user}'):¶\
client unexpectedly closed TCP connection
[error] <0.{n}.0> Channel error on connection <0.{n}.0>, channel {s}:¶operation queue.declare caused a \
channel exception \
not_found: no queue '{word}' in vhost '/'
[info] <0.{n}.0> Mirrored queue '{word}' in vhost '/': Synchronising: {s} messages to synchronise
[info] <0.{n}.0> Setting up a table for connection tracking on this node: 'tracked_connection'
[info] <0.{n}.0> node 'rabbit@{host}' up
[debug] <0.{n}.0> User '{user}' authenticated successfully by backend rabbit_auth_backend_internal
[warning] <0.{n}.0> HTTP access denied: user '{user}' - invalid credentials
[info] <0.{n}.0> Autoheal: I am not in a cluster partition
[info] <0.{n}.0> queue '{word}' in vhost '/': starting garbage collection of expired messages
[info] <0.{n}.0> Resetting node maintenance status
[info] <0.{n}.0> Memory high watermark set to {n} MiB ({n} bytes) of {n} MiB ({n} bytes) total
[info] <0.{n}.0> Disk free limit set to 50MB
[debug] <0.{n}.0> Raft: leader elected for queue '{word}' in term {s}
"""

ELASTICSEARCH = """\
[INFO ][o.e.c.m.MetadataCreateIndexService] [{host}] [{word}-{n}] creating index, cause [api], shards [1]/[1]
[INFO ][o.e.c.r.a.AllocationService] [{host}] current.health="GREEN" message="Cluster health status changed \
from [YELLOW]"
[INFO ][o.e.m.j.JvmGcMonitorService] [{host}] [gc][young][{n}][{s}] duration [{ms}ms], collections \
[1]/[{s}.{s}s]
[INFO ][o.e.c.m.MetadataMappingService] [{host}] [{word}-{n}] update_mapping [_doc]
[INFO ][o.e.x.i.IndexLifecycleTransition] [{host}] moving index [{word}-{n}] from [hot] to [warm] in policy \
[{word}]
[INFO ][o.e.s.SnapshotsService] [{host}] snapshot [{word}:nightly-{n}] completed with state [SUCCESS]
[INFO ][o.e.n.Node] [{host}] started
[INFO ][o.e.c.s.ClusterApplierService] [{host}] added {{host}}, term: {s}, version: {n}, reason: \
ApplyCommitRequest
[INFO ][o.e.c.c.Coordinator] [{host}] elected-as-master, term: {s}
[WARN ][o.e.d.c.m.MetadataTemplates] [{host}] legacy template [{word}] has index patterns that will be ignored
[WARN ][o.e.h.AbstractHttpServerTransport] [{host}] caught exception while handling client http traffic, \
closing¶\
java.io.IOException: Connection reset by peer¶	at sun.nio.ch.FileDispatcherImpl.read0(Native Method)
[DEBUG][o.e.a.s.TransportSearchAction] [{host}] [{word}-{n}][0] query phase took {ms}ms
[WARN ][o.e.i.s.q.{word}] [{host}] [{word}-{n}][0] took[{s}.{s}s], took_millis[{n}], types[], \
search_type[QUERY_THEN_FETCH]
[INFO ][o.e.c.r.a.DiskThresholdMonitor] [{host}] disk usage on [{host}] is {s}%, below the watermarks
[INFO ][o.e.x.s.a.AuthenticationService] [{host}] Authentication of [{user}] was terminated by realm \
[native] - 401
[INFO ][o.e.t.LoggingTaskListener] [{host}] {n} finished with response \
BulkByScrollResponse[took={ms}ms,deleted={n}]
[DEPRECATION][o.e.d.r.RestController] [{host}] [types removal] specifying types in requests is deprecated
[INFO ][o.e.c.r.DelayedAllocationService] [{host}] scheduling reroute for delayed shards in [{s}.{s}s] ({s} \
delayed shards)
"""

WINDOWS = """\
Info                  CBS    Loaded Servicing Stack v{ver} with Core: C:\\Windows\\winsxs\\{id8}\\cbscore.dll
Info                  CBS    Read out cached package applicability for package: Package_for_KB{n}, \
ApplicableState: 112
Info                  CSI    {id8} [SR] Verifying {s} components
Info                  CSI    {id8} [SR] Verify complete
Info                  CBS    Session: {n}_{n} initialized by client WindowsUpdateAgent.
Info                  CBS    Loading registry hive: SOFTWARE, into registry key '{uuid}SOFTWARE'
Information  Service Control Manager  7036  The {word} service entered the running state.
Information  Service Control Manager  7036  The {word} service entered the stopped state.
Information  Microsoft-Windows-Security-Auditing  4624  An account was successfully logged on. Account: {user}
Warning      Microsoft-Windows-Security-Auditing  4625  An account failed to log on. Account: {user} \
Source: {ip}
Information  Windows Update Agent  19  Installation Successful: Windows successfully installed update KB{n}
Warning      Microsoft-Windows-DNS-Client  1014  Name resolution for the name {host} timed out
Information  Microsoft-Windows-Kernel-General  16  The access history in hive \\??\\C:\\Users\\{user} was \
cleared
Error        DCOM  10016  The application-specific permission settings do not grant Local Activation \
permission
Information  MSSQLSERVER  18454  Login succeeded for user '{user}'. [CLIENT: {ip}]
Error        MSSQLSERVER  18456  Login failed for user '{user}'. Reason: Password did not match. [CLIENT: \
{ip}]
Information  MSSQLSERVER  18264  Database backed up. Database: {db}, pages dumped: {n}
Information  W3SVC  {n} GET {path} 443 {user} {ip} 200 0 0 {ms}
Warning      Disk  51  An error was detected on device \\Device\\Harddisk1 during a paging operation.
Information  VSS  8224  The VSS service is shutting down due to idle timeout.
Information  EventLog  6013  The system uptime is {n} seconds.
Warning      Time-Service  36  The time service has not synchronized the system time for {n} seconds.
"""

PYTHON = """\
INFO django.server "GET {path} HTTP/1.1" 200 {n}
INFO celery.worker.strategy Task app.tasks.{word}[{uuid}] received
INFO celery.app.trace Task app.tasks.{word}[{uuid}] succeeded in 0.{ms}s: None
DEBUG urllib3.connectionpool https://{host}:443 "POST /{word} HTTP/1.1" 200 {n}
INFO gunicorn.error Booting worker with pid: {pid}
INFO app.{word} synchronised {n} rows for {user}
WARNING django.request Not Found: {path}
WARNING django.request Forbidden (CSRF token missing): {path}
INFO werkzeug {ip} - - "GET {path} HTTP/1.1" 304 -
WARNING urllib3.connectionpool Retrying (Retry(total=2)) after connection broken by 'ReadTimeoutError': \
/{word}
ERROR app.{word} could not parse row {n}¶Traceback (most recent call last):¶  File "/srv/app/{word}.py", \
line {s}, in read¶\
    value = int(text)¶ValueError: invalid literal for int() with base 10: '{word}'
WARNING app.{word} user {user} entered a wrong password from {ip}
INFO sqlalchemy.engine.Engine COMMIT
DEBUG asyncio Using selector: EpollSelector
INFO uvicorn.access {ip}:{port} - "GET {path} HTTP/1.1" 401
INFO app.{word} uploaded {word}.csv to bucket {word}, {mb} MB
INFO alembic.runtime.migration Running upgrade {id8} -> {id8}, add {table}
WARNING app.{word} HTTP status=404 for {path}
[WARNING] app.{word} upstream said 502 Bad Gateway, retrying in {s} s
WARNING app.{word} KeyError('{word}') in template, used default
INFO apscheduler.executors.default Job "{word}" executed successfully
INFO gunicorn.error Handling signal: hup
ERROR app.{word} mail to {user}@example.com bounced: 550 mailbox unavailable
"""
