-- wrk script for clients that pause between a response and the next request.
-- Its last line is JSON: requests, responses other than 200 by kind, socket errors, and latencies in microseconds.

local threads = {}

function setup(thread)
   table.insert(threads, thread)
end

function init(args)
   -- Milliseconds between a response and the next request; random, so that the connections do not synchronize.
   pause = tonumber(args[1])
   refused, odd, without_retry_after = 0, 0, 0
   math.randomseed(os.time())
end

function delay()
   return math.random(pause / 2, pause * 3 / 2)
end

function response(status, headers)
   if status == 429 or status == 503 then
      refused = refused + 1
      if headers["Retry-After"] == nil then without_retry_after = without_retry_after + 1 end
   elseif status ~= 200 then
      odd = odd + 1
   end
end

function done(summary, latency)
   local totals = { refused = 0, odd = 0, without_retry_after = 0 }
   for _, thread in ipairs(threads) do
      for name, sum in pairs(totals) do totals[name] = sum + thread:get(name) end
   end
   local errors = summary.errors
   io.write(string.format(
      '{"requests": %d, "refused": %d, "odd": %d, "without_retry_after": %d, "sockets": %d, "median": %d, "p95": %d, "p99": %d}\n',
      summary.requests, totals.refused, totals.odd, totals.without_retry_after,
      errors.connect + errors.read + errors.write + errors.timeout,
      latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end
