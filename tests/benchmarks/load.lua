-- Sends ready-made requests of one length out of a file, in order. Ends with wrk's clock, or when
-- each was answered; so it keeps its own time. Arguments: the file, the length of a request, the
-- status that is awaited, and "again" if it starts over at the end.
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

local requests, length, awaited, again, count
local sent = -1 -- the first request is only looked at by wrk, to see that it is one
answered, refused, first, last = 0, 0, 0, 0 -- read by `done`

function init(arguments)
   local file = assert(io.open(arguments[1], "rb"))
   requests = file:read("*a")
   file:close()
   length = tonumber(arguments[2])
   awaited = tonumber(arguments[3])
   again = arguments[4] == "again"
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
      if not again then
         return "" -- leaves this connection idle
      end
      sent = 0
   end
   local from = sent * length
   sent = sent + 1
   return requests:sub(from + 1, from + length)
end

function response(status)
   if status == awaited then
      answered = answered + 1
   else
      refused = refused + 1
   end
   last = now()
   if not again and answered + refused == count then
      wrk.thread:stop()
      ffi.C.kill(ffi.C.getpid(), SIGINT) -- wakes wrk, which would sleep to the end
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
