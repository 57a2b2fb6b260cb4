/** By the name of the program; `kubelet-1.30` where releases lie side by side. */
export const isKubelet = (comm: string | null): boolean =>
  comm !== null && /^kubelet(?:$|[-_.\d])/.test(comm);
