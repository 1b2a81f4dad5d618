// The header lies on the default include path, but not beside a module map: this file stands in for one.
#include <protobuf-c/protobuf-c.h>
