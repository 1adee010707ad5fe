#include "authz/revocation/revocation_table.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace warden {
namespace {

// Spreads every bit over all of the word: the end of SplitMix64.
uint64_t Mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

}  // namespace

RevocationKeyView ViewOf(RevocationKind kind, std::string_view issuer, std::string_view id) {
  const std::hash<std::string_view> hash;
  const uint64_t whole =
      Mix(hash(id) + Mix(hash(issuer) + static_cast<uint64_t>(kind) + 0x9e3779b97f4a7c15U));
  // 0 stands for the beginning of a list.
  return {kind, issuer, id, std::max<uint64_t>(whole, 1)};
}

bool RevocationTable::Equal::operator()(const Slot& a, const Slot& b) const {
  return a.hash == b.hash && a.entry->revocation.key == b.entry->revocation.key;
}

bool RevocationTable::Equal::operator()(const Slot& a, const RevocationKeyView& b) const {
  if (a.hash != b.hash) return false;
  const RevocationKey& key = a.entry->revocation.key;
  return key.kind == b.kind && key.id == b.id && key.issuer == b.issuer;
}

const RevocationTable::Entry* RevocationTable::Find(const RevocationKeyView& key) const {
  const Part& part = parts_[PartOf(key.hash)];
  const auto found = part.find(key);
  return found == part.end() ? nullptr : found->entry.get();
}

bool RevocationTable::Insert(std::unique_ptr<Entry> entry) {
  const RevocationKeyView key = ViewOf(entry->revocation.key);
  Part& part = parts_[PartOf(key.hash)];
  const auto found = part.find(key);
  if (found == part.end()) {
    ++size_;
    ++counts_[static_cast<size_t>(key.kind)];
    part.insert(Slot{key.hash, std::move(entry)});
    return true;
  }
  Entry& kept = *found->entry;
  if (entry->stamp >= kept.stamp) {
    kept.stamp = entry->stamp;
    kept.revocation.reason.swap(entry->revocation.reason);
    kept.revocation.revoked_at = entry->revocation.revoked_at;
  }
  Strengthen(&kept.revocation, entry->revocation);
  return false;
}

std::unique_ptr<RevocationTable::Entry> RevocationTable::Remove(const RevocationKeyView& key) {
  Part& part = parts_[PartOf(key.hash)];
  const auto found = part.find(key);
  if (found == part.end()) return nullptr;
  --size_;
  --counts_[static_cast<size_t>(key.kind)];
  return std::move(part.extract(found).value().entry);
}

std::vector<RevocationKey> RevocationTable::Expired(size_t part, absl::Time now,
                                                    size_t most) const {
  std::vector<RevocationKey> expired;
  for (const Slot& slot : parts_[part]) {
    if (expired.size() >= most) break;
    if (now >= slot.entry->revocation.expires_at) expired.push_back(slot.entry->revocation.key);
  }
  return expired;
}

RevocationPage RevocationTable::List(uint64_t after, size_t limit) const {
  RevocationPage page;
  for (size_t p = PartOf(after); p < kParts; ++p) {
    std::vector<const Slot*> rest;
    for (const Slot& slot : parts_[p]) {
      if (slot.hash > after) rest.push_back(&slot);
    }
    std::sort(rest.begin(), rest.end(),
              [](const Slot* a, const Slot* b) { return a->hash < b->hash; });
    for (size_t i = 0; i < rest.size(); ++i) {
      // Entries with one hash stay together: `next` could not stand between them.
      if (page.revocations.size() >= limit && page.next != rest[i]->hash) return page;
      page.revocations.push_back(rest[i]->entry->revocation);
      page.next = rest[i]->hash;
    }
  }
  page.next = 0;
  return page;
}

}  // namespace warden
