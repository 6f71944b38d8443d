/** What is known of a customer, as the HTTP interface tells it. */

/** Answers the interface's JSON, indented. Rejects with a sentence where there is no such customer. */
export async function showCustomer(apiUrl: string, id: string): Promise<string> {
  const response = await fetch(`${apiUrl}/v1/customers/${encodeURIComponent(id)}`);
  if (response.status === 404) throw new Error(`Nothing is known of the customer "${id}"`);
  if (!response.ok) throw new Error(`${apiUrl} answered ${response.status}: ${await response.text()}`);
  return `${JSON.stringify(await response.json(), null, 2)}\n`;
}
