"use strict";
// A scanned link has the code behind its #, which no server and no log ever sees. It is typed here
// for whoever scanned it, taken out of the address, and sent as the form sends it.
(function () {
  var code = decodeURIComponent(location.hash.slice(1)).replace(/[^0-9]/g, "");
  var form = document.getElementById("enter");
  if (!form || code.length !== 20) return;
  history.replaceState(null, "", location.pathname);
  form.elements.code.value = code;
  form.submit();
})();
