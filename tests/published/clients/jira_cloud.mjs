// Makes calls with jira.js, whose methods are made from Atlassian's descriptions of its Cloud APIs.
import {ServiceDeskClient, Version3Client} from 'jira.js';

const {url, user, token, calls} = JSON.parse(process.argv[1]);
const config = {host: url, authentication: {basic: {email: user, apiToken: token}}};
const clients = {platform: new Version3Client(config), desk: new ServiceDeskClient(config)};
const answers = [];
for (const {client, group, method, parameters} of calls) {
  const answer = await clients[client][group][method](parameters);
  answers.push(answer instanceof ArrayBuffer || Buffer.isBuffer(answer) ? Buffer.from(answer).toString() : answer);
}
console.log(JSON.stringify(answers));
