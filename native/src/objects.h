/* The compiled programs of native/bpf, which the library carries. */
#ifndef CRITRACE_OBJECTS_H
#define CRITRACE_OBJECTS_H

extern const unsigned char critrace_copy_object[], critrace_copy_object_end[];
extern const unsigned char critrace_read_object[], critrace_read_object_end[];
extern const unsigned char critrace_files_object[], critrace_files_object_end[];
extern const unsigned char critrace_look_object[], critrace_look_object_end[];

#endif
