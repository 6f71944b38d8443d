/**
 * What `asked` answers, or a rejection with what `late` makes where that takes longer than `mostMs`. The libraries have
 * time limits of their own; this is for an answer that they wait for in vain.
 */
export async function withinTime<Answer>(
  asked: Promise<Answer>,
  mostMs: number,
  late: (message: string) => Error,
): Promise<Answer> {
  const tooLate = Promise.withResolvers<never>();
  const timer = setTimeout(() => tooLate.reject(late(`no answer within ${mostMs} ms`)), mostMs);
  try {
    return await Promise.race([asked, tooLate.promise]);
  } finally {
    clearTimeout(timer);
    asked.catch(() => undefined);
  }
}
