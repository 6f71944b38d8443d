import { Counter, Gauge, type Registry } from "@tidemark/runtime";
import type { AuditOver } from "./audit.ts";

/** Tells of an audit that is over. */
export function auditMetrics(registry: Registry): (audit: AuditOver) => void {
  const registers = [registry];
  const differences = new Gauge({
    name: "tidemark_audit_differences",
    help: "Subjects whose published memberships the last audit found other than the archive's.",
    registers,
  });
  const compared = new Gauge({
    name: "tidemark_audit_compared",
    help: "Memberships that the last audit compared: subjects times definitions.",
    registers,
  });
  const seconds = new Gauge({
    name: "tidemark_audit_seconds",
    help: "How long the last audit took, in seconds.",
    registers,
  });
  const audits = new Counter({
    name: "tidemark_audits_total",
    help: "Audits that were done, by what they found: nothing or differences.",
    labelNames: ["outcome"],
    registers,
  });
  return (audit) => {
    differences.set(audit.differences);
    compared.set(audit.compared);
    seconds.set(audit.seconds);
    audits.inc({ outcome: audit.differences > 0 ? "differences" : "nothing" });
  };
}
