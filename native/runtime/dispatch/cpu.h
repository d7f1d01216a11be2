// Which instruction set this process runs on: detected once, overridable by GRADTAPE_FORCE_ISA.
#pragma once
namespace gradtape {

enum class Isa { kPortable, kAvx2, kAvx512, kNeon };

/// The best set that the CPU supports and this build contains.
Isa detect_isa();
/// True if the CPU can run the set and the build contains it.
bool isa_available(Isa isa);
const char* isa_name(Isa isa);
/// Looks up a name; false if there is no such set.
bool isa_from_name(const char* name, Isa* isa);

}  // namespace gradtape
