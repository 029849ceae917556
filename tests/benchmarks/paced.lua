-- wrk's script for connections that ask, read, and ask again a while later, as people and their jobs do.
-- Its last line is JSON: requests, by status those that were no 200, socket errors, and microseconds.

local threads = {}

function setup(thread)
   table.insert(threads, thread)
end

function init(args)
   -- Milliseconds between an answer and the next question; spread, so that the connections do not march in step.
   pause = tonumber(args[1])
   refused, odd, untold = 0, 0, 0
   math.randomseed(os.time())
end

function delay()
   return math.random(pause / 2, pause * 3 / 2)
end

function response(status, headers)
   if status == 429 or status == 503 then
      refused = refused + 1
      if headers["Retry-After"] == nil then untold = untold + 1 end
   elseif status ~= 200 then
      odd = odd + 1
   end
end

function done(summary, latency)
   local found = { refused = 0, odd = 0, untold = 0 }
   for _, thread in ipairs(threads) do
      for name, sum in pairs(found) do found[name] = sum + thread:get(name) end
   end
   local errors = summary.errors
   io.write(string.format(
      '{"requests": %d, "refused": %d, "odd": %d, "untold": %d, "sockets": %d, "median": %d, "p95": %d, "p99": %d}\n',
      summary.requests, found.refused, found.odd, found.untold,
      errors.connect + errors.read + errors.write + errors.timeout,
      latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end
