/** By the name of the program: `kubelet`, `kubelet-1.30` where releases lie side by side, the one binary of a distribution. */
export const isKubelet = (comm: string | null): boolean =>
  comm === 'kubelet' ||
  (comm !== null && /^(?:kubelet(?:$|[-_.\d])|kubelite$|hyperkube$|k3s(?:$|-server$|-agent$))/.test(comm));
