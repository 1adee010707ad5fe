// How a Guard counts and records what was decided.
#include <utility>

#include "interceptors/guard.h"

namespace warden {
namespace {

// What all records of a call have.
DecisionRecord RecordOf(Call& call) {
  DecisionRecord record;
  record.time = call.now;
  record.request_id = call.request_id();
  record.trace_id = call.trace_id();
  record.method = call.method != nullptr ? std::string_view(call.method->name) : "unknown";
  if (call.peer != nullptr) record.peer = call.peer->name();
  record.address = call.Address();
  if (call.principal != nullptr) record.principal = call.principal->name();
  if (call.policy != nullptr) record.policy = call.policy->policy().sha256();
  return record;
}

std::string_view ReasonOf(const CallNote& note) {
  switch (note.event) {
    case DecisionEvent::kBreakGlass:
      return "break_glass";
    case DecisionEvent::kShadowDifference:
      return note.would_allow ? "would_allow" : "would_deny";
    case DecisionEvent::kAnomaly:
    case DecisionEvent::kHiddenError:
    case DecisionEvent::kResponse:
      return note.label;
    case DecisionEvent::kObserved:
    case DecisionEvent::kBlock:
    case DecisionEvent::kRefusal:
      break;
  }
  return InfoOf(note.reason).label;
}

}  // namespace

Call Guard::FactsOf(const Call& call) const {
  Call facts;
  facts.method = call.method;
  facts.limits = call.limits;
  facts.held_limits = call.held_limits;
  facts.now = Now();
  facts.id = call.id;
  facts.trace = call.trace;
  facts.peer = call.peer;
  facts.token = call.token;
  facts.api_key = call.api_key;
  facts.principal = call.principal;
  facts.address_source = call.address_source;
  return facts;
}

Refusal Guard::Refused(Call& call, Refusal refusal, std::string_view stage) {
  const uint32_t method = call.method != nullptr ? call.method->id : metrics_->unknown_method();
  metrics_->RecordDecision(method, static_cast<uint32_t>(refusal.reason));
  call.in_flight.Release();
  Record(call, refusal, stage);
  OnRefusal(call, refusal.reason);
  return refusal;
}

void Guard::Record(Call& call, const Refusal& refusal, std::string_view stage) {
  if (audit_ != nullptr) audit_->Denied(call, refusal, stage);
  try {
    if (!sink_->Wants(call.now)) return;
    DecisionRecord record = RecordOf(call);
    record.reason = InfoOf(refusal.reason).label;
    record.stage = stage;
    record.detail = refusal.detail;
    sink_->Record(record);
  } catch (...) {
    // A sink that fails must not turn a refusal into anything else; the metric has counted it.
  }
}

void Guard::RecordNotes(Call& call) {
  const std::vector<CallNote> notes = std::exchange(call.notes, {});
  for (const CallNote& note : notes) RecordNote(call, note);
}

void Guard::RecordNote(Call& call, const CallNote& note) {
  switch (note.event) {
    case DecisionEvent::kBreakGlass:
      metrics_->RecordBreakGlass(call.method->id);
      break;
    case DecisionEvent::kShadowDifference:
      metrics_->RecordShadowDifference(call.method->id, note.would_allow);
      break;
    case DecisionEvent::kObserved:
    case DecisionEvent::kRefusal:
      metrics_->RecordObserved(call.method->id, static_cast<uint32_t>(note.reason));
      break;
    case DecisionEvent::kHiddenError:
    case DecisionEvent::kResponse:
      break;  // guard_responses.cc counts them
    case DecisionEvent::kBlock:
    case DecisionEvent::kAnomaly:
      break;  // counted by who found it
  }
  if (audit_ != nullptr) audit_->Noted(call, note, ReasonOf(note));
  try {
    if (note.event != DecisionEvent::kBreakGlass && !sink_->WantsNote(call.now)) return;
    DecisionRecord record = RecordOf(call);
    record.event = note.event;
    record.allowed = note.allowed;
    record.reason = ReasonOf(note);
    record.stage = note.stage;
    record.detail = note.detail;
    sink_->Record(record);
  } catch (...) {
    // Likewise.
  }
}

}  // namespace warden
