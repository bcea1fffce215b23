// The web through proxies, as the environment names them.
import { expect, test } from "vitest";
import { createHttpClient } from "../../../../shared/http/client.ts";
import { localProxy, localServer, serving } from "../../../support/file-server.ts";

type Environment = Readonly<Record<string, string>>;

/** The status and the text of one file. */
async function get(environment: Environment, url: string, from = 0): Promise<string> {
  const client = await createHttpClient(environment);
  try {
    const answer = await client.get(url, { from });
    let text = `${answer.status} `;
    for await (const piece of answer.body) text += Buffer.from(piece).toString();
    return text;
  } finally {
    await client.close();
  }
}

test("a file comes whole or from a byte on, and redirects are followed", async () => {
  const server = await localServer((asked, response) => {
    if (asked.url === "/moved") response.writeHead(302, { location: "/a.txt" }).end();
    else serving({ "a.txt": Buffer.from("0123456789") })(asked, response);
  });
  expect(await get({}, `${server.url}a.txt`)).toBe("200 0123456789");
  expect(await get({}, `${server.url}a.txt`, 7)).toBe("206 789");
  expect(await get({}, `${server.url}moved`)).toBe("200 0123456789");
  expect(await get({}, `${server.url}missing`)).toBe("404 no such file");
});

test.for(["HTTP_PROXY", "http_proxy"])(
  "%s is asked for plain http, but not for hosts in NO_PROXY",
  async (name) => {
    const server = await localServer(serving({ "a.txt": Buffer.from("text") }));
    const proxy = await localProxy();
    const bare = new URL(proxy.url).host; // as people write it
    expect(await get({ [name]: bare }, `${server.url}a.txt`)).toBe("200 text");
    expect(proxy.asked).toEqual([`GET ${server.url}a.txt`]);
    expect(await get({ [name]: proxy.url, NO_PROXY: "localhost,127.0.0.1" }, `${server.url}a.txt`)).toBe(
      "200 text",
    );
    expect(proxy.asked).toHaveLength(1);
  },
);

test.for(["HTTPS_PROXY", "https_proxy"])("%s is asked for a tunnel to a host of https", async (name) => {
  const proxy = await localProxy();
  await expect(get({ [name]: proxy.url }, "https://data.example/a.txt")).rejects.toThrow(/403/);
  expect(proxy.asked).toEqual(["CONNECT data.example:443"]);
});

test("a proxy that is no address is named with its variable", async () => {
  await expect(createHttpClient({ HTTPS_PROXY: "socks5://127.0.0.1:1" })).rejects.toThrow(
    "HTTPS_PROXY is socks5://127.0.0.1:1, which is no address of an HTTP proxy: give one such as http://proxy.example:3128",
  );
});
