// What of a Guard judges the shape of requests: interceptors/shape.
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "interceptors/guard.h"
#include "interceptors/shape/request_shape.h"

namespace warden {
namespace {

using shape::Breach;

Refusal ToRefusal(Breach breach) {
  if (breach == Breach::kMalformed) {
    return {.reason = Reason::kRequestMalformed,
            .detail = "the body is not in protobuf's wire format"};
  }
  Refusal refusal;
  refusal.reason = breach == Breach::kBytes ? Reason::kRequestTooLarge : Reason::kRequestShape;
  refusal.detail = std::string(ShapeText(breach));
  refusal.violations.push_back(
      {"", std::string(ShapeRule(breach)), std::string(ShapeText(breach))});
  return refusal;
}

// Where the limits stand, for problems.
std::string PlaceOfShape(const LoadedConfig& config, const GuardedMethod& method) {
  if (FindShape(*method.descriptor) != nullptr) return PlaceOf(*method.descriptor);
  return config.places.Place("request.shape");
}

}  // namespace

void ResolveShapes(const LoadedConfig& config, const std::vector<ServedMethod>& served,
                   std::deque<GuardedMethod>* methods, ProblemList* problems) {
  absl::flat_hash_map<const google::protobuf::Descriptor*, std::shared_ptr<const shape::ShapePlan>>
      plans;
  for (size_t i = 0; i < methods->size(); ++i) {
    GuardedMethod& method = (*methods)[i];
    if (method.descriptor == nullptr) continue;  // reported already
    const v1::MessageShape* limits = FindShape(*method.descriptor);
    if (limits == nullptr) limits = &config.config.request().shape();
    if (!RequestShape::Asks(*limits)) continue;
    if (method.streams_requests && !served[i].parses_messages) {
      problems->Add(PlaceOfShape(config, method),
                    absl::StrCat("method ", method.name,
                                 ": its handler takes a stream of raw bytes, whose shape could not "
                                 "be judged; give the method `request_shape: {}`"));
      continue;
    }
    std::shared_ptr<const shape::ShapePlan>& plan = plans[method.descriptor->input_type()];
    if (plan == nullptr) plan = shape::ShapePlan::Compile(*method.descriptor->input_type());
    method.shape = std::make_shared<const RequestShape>(plan, *limits);
  }
}

std::optional<Refusal> Guard::OnBody(Call& call, uint64_t bytes, shape::SliceSource next) {
  const Breach breach = call.method->shape->Judge(bytes, next);
  if (breach == Breach::kNone) return std::nullopt;
  Refusal refusal = ToRefusal(breach);
  CountShape(call, refusal);
  if (observe_rules_ && breach != Breach::kMalformed) {
    RecordNote(call, {.event = DecisionEvent::kObserved,
                      .reason = refusal.reason,
                      .stage = "validate",
                      .detail = std::move(refusal.detail)});
    return std::nullopt;
  }
  return Refused(call, std::move(refusal), "validate");
}

std::optional<Refusal> Guard::JudgeShape(const Call& call,
                                         const google::protobuf::Message& request) {
  if (call.method->shape == nullptr) return std::nullopt;
  const Breach breach = call.method->shape->Judge(request);
  if (breach == Breach::kNone) return std::nullopt;
  Refusal refusal = ToRefusal(breach);
  CountShape(call, refusal);
  return refusal;
}

void Guard::CountShape(const Call& call, const Refusal& refusal) {
  for (const Violation& violation : refusal.violations) {
    metrics_->RecordRuleViolation(call.method->id, violation.rule);
  }
}

}  // namespace warden
