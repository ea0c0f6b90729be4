// librdkafka left a question unanswered that reached a group in the moment of its end, and whoever asked waited without
// limit: on the JavaScript thread, the process stood still. A commit in that moment ended the process.
import { runFixture } from '../helpers/fixture'

it('a consumer that is asked for its assignment and commits while its group ends gets answers or errors, and the process goes on', async () => {
  expect(await runFixture('asked-while-closing', {}, { deadlineMs: 30_000 })).toEqual({
    consumers: 60,
    wereAnswered: true,
    clients: 0,
  })
}, 40_000)
