// Why a peer's certificate is not trusted, and the remedy.
import { GanglionError, messageOf } from "../../errors.ts";

/** An AUTH error when `error` says that the certificate of `address` is not trusted, else null. */
export function distrust(error: unknown, address: string): GanglionError | null {
  const judgement = judge(error);
  if (judgement === null) return null;
  const sentence = `the certificate of ${address} is not trusted: ${judgement}`;
  return new GanglionError("AUTH", sentence, { cause: error });
}

/** What is wrong, and the remedy; null when it is something else. */
function judge(error: unknown): string | null {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  switch (code) {
    case "CERT_HAS_EXPIRED":
      return "it has expired; renew it";
    case "CERT_NOT_YET_VALID":
      return "it is not valid yet; replace it, or set the clocks of both machines";
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `it is for ${namesIn(error)}; join by a name or address that it holds, or replace it by one that holds this`;
    default:
      if (!/CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)) return null;
      return `${messageOf(error)}; name the file of the authority that signed it by --tls-ca (tlsCa in a cluster file)`;
  }
}

/** As people write them: `gpu1.example, 192.0.2.7`. */
function namesIn(error: unknown): string {
  const cert: unknown = error instanceof Error && "cert" in error ? error.cert : null;
  const names = (cert as { readonly subjectaltname?: string } | null)?.subjectaltname ?? "";
  return names.replaceAll(/(?:DNS|IP Address):/g, "") || "no name that is checked (subjectAltName)";
}
