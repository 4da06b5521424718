### The operators' monitor. Texts that start with "watch-" are for its module.

monitor-validator = Validator monitor
monitor-tally = Tally monitor
monitor-needs-scripts = The monitor reads the metrics in the browser: it needs JavaScript.
health-live = Process:
health-ready = Service:
panel-accepted = Votes accepted
panel-counted = Votes counted
panel-duplicate = Duplicates
panel-invalid = Invalid votes
panel-votes = Votes in the box
panel-queue = Queue for the disk
panel-fsync = Write to disk, 99th percentile
panel-answer = Answer, 99th percentile
panel-position = Ledger position (frame)
panel-frames = Frames
panel-connections = Open connections
panel-refused = Requests refused
panel-full = Votes refused, disk full
panel-lag = Database behind by (frames)
panel-database = Database (1 = up)
unit-per-second = per s
unit-milliseconds = ms
unit-none = {""}
watch-on = Metrics as of %time%
watch-off = No answer for %n% s
watch-range = 5 min: %low% to %high%
watch-up = up
watch-down = down
watch-none = No such metric
