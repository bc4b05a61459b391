/** `user:password` of a URL as a header of basic authentication. */
export function basicCredentials(credentials: string): string {
  const [user = ''] = credentials.split(':', 1);
  const text = credentials.includes(':')
    ? `${unescape(user)}:${unescape(credentials.slice(user.length + 1))}`
    : `${unescape(user)}:`;
  return `Basic ${Buffer.from(text).toString('base64')}`;
}

/** What is not escaped properly is meant as it stands. */
function unescape(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
