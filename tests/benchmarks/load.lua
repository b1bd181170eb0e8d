-- Sends the requests of a file in order. Ends after wrk's duration, or when all are answered;
-- therefore it measures the time itself. Arguments: the file, the length of each request in bytes,
-- the expected status, and "repeat" to start again at the end of the file.
local ffi = require("ffi")
ffi.cdef [[
typedef struct { long seconds; long nanoseconds; } moment;
int clock_gettime(int clock, moment *at);
int getpid(void);
int kill(int pid, int signal);
]]
local MONOTONIC, SIGINT = 1, 2
local at = ffi.new("moment")

local function now()
   ffi.C.clock_gettime(MONOTONIC, at)
   return tonumber(at.seconds) + tonumber(at.nanoseconds) / 1e9
end

local requests, length, expected, is_repeated, count
local sent = -1 -- wrk checks the first request but does not send it
answered, refused, first, last = 0, 0, 0, 0 -- read by `done`

function init(arguments)
   local file = assert(io.open(arguments[1], "rb"))
   requests = file:read("*a")
   file:close()
   length = tonumber(arguments[2])
   expected = tonumber(arguments[3])
   is_repeated = arguments[4] == "repeat"
   count = #requests / length
end

function request()
   if sent == -1 then
      sent = 0
      return requests:sub(1, length)
   end
   if first == 0 then
      first = now()
   end
   if sent == count then
      if not is_repeated then
         return "" -- sends nothing on this connection
      end
      sent = 0
   end
   local from = sent * length
   sent = sent + 1
   return requests:sub(from + 1, from + length)
end

function response(status)
   if status == expected then
      answered = answered + 1
   else
      refused = refused + 1
   end
   last = now()
   if not is_repeated and answered + refused == count then
      wrk.thread:stop()
      ffi.C.kill(ffi.C.getpid(), SIGINT) -- ends wrk, which otherwise sleeps until its duration is over
   end
end

local threads = {}

function setup(thread)
   threads[#threads + 1] = thread
end

function done(summary, latency)
   local thread = threads[1]
   local errors = summary.errors
   io.write(string.format(
      '\nresult {"answered": %d, "refused": %d, "broken": %d, "seconds": %.6f, ' ..
      '"p50": %.3f, "p99": %.3f, "slowest": %.3f}\n',
      thread:get("answered"), thread:get("refused"),
      errors.connect + errors.read + errors.write + errors.timeout,
      thread:get("last") - thread:get("first"),
      latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency.max / 1000))
end
